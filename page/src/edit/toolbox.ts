/** The tools by name, and their keys. */
import { computed, effect } from "@preact/signals";
import { bind } from "../app/keys";
import { valueIn } from "../app/loaded";
import { judge } from "../study/judge";
import { pane } from "../study/session";
import type { Tool } from "../viewer/scene";
import { take, tool } from "../viewer/stage";
import {
	add,
	canRedo,
	discard,
	editable,
	isChanged,
	isDrawing,
	keepLargest,
	redoStep,
	remove,
	save,
	undoStep,
} from "./drafting";
import { bindArrows, bindPress, crosshair, putAway } from "./keyboard";
import { pointer } from "./pointer";
import { refine } from "./refine";
import { brush, eraser, resize } from "./tools/brush";
import { clicks, isInside } from "./tools/clicks";
import { contour } from "./tools/contour";
import { closePolygon, corners, polygon, removeCorner } from "./tools/polygon";
import { stored, takeBack } from "./undone";

interface Kind {
	tool: Tool;
	key: string;
	name: string;
	does: string;
	icon: "brush" | "eraser" | "polygon" | "contour" | "clicks";
	/** Whether it works by dragging. */
	isDragged: boolean;
}

export const KINDS: Kind[] = [
	{
		tool: brush,
		key: "b",
		name: "Brush",
		does: "Brush; Alt or the right button erases",
		icon: "brush",
		isDragged: true,
	},
	{
		tool: eraser,
		key: "e",
		name: "Eraser",
		does: "Eraser",
		icon: "eraser",
		isDragged: true,
	},
	{
		tool: polygon,
		key: "p",
		name: "Polygon",
		does: "Polygon, corner by corner",
		icon: "polygon",
		isDragged: false,
	},
	{
		tool: contour,
		key: "c",
		name: "Pull",
		does: "Pull the outline",
		icon: "contour",
		isDragged: true,
	},
	{
		tool: clicks,
		key: "k",
		name: "Clicks",
		does: "Outline anew by clicks inside and outside",
		icon: "clicks",
		isDragged: false,
	},
];

/** Take a tool up, or put it away if it was the one. */
export function choose(next: Tool): void {
	if (tool.peek() === next) put();
	else if (editable.peek() !== null) {
		putAway();
		take(next);
	}
}

/** Put the tool away; the pointer moves the frame again, and what was drawn stays. */
export function put(): void {
	putAway();
	pointer.value = null;
	take(null);
}

export function addNodule(): void {
	if (add() && !isDrawing.peek()) choose(brush);
}

/** Show what the model said as it said it, or the newest version again. */
export function toggleOriginal(): void {
	void pane.look(pane.version.peek() === 0 ? null : 0);
}

function back(): void {
	if (isChanged.peek()) undoStep();
	else if (stored.peek() !== null) void takeBack();
}

const GROUP = "Correction";
const one = (key: string, does: string, run: () => void) => ({ key, does, group: GROUP, run });

/** Bind the keys; return what unbinds them. */
export function bindTools(): () => void {
	const always = bind(
		...KINDS.map((kind) => one(kind.key, kind.does, () => choose(kind.tool))),
		one(",", "Smaller brush", () => resize(-1)),
		one(".", "Larger brush", () => resize(1)),
		one("x", "Clicks: inside or outside", () => {
			isInside.value = !isInside.value;
		}),
		one("i", "Add a nodule", addNodule),
		one("Shift+s", "Smooth the outline", () => void refine("smooth")),
		one("Shift+f", "Fill holes", () => void refine("fill")),
		one("Shift+l", "Keep the largest part of the outline", keepLargest),
		one("Mod+z", "Undo", back),
		one("Mod+Shift+z", "Redo", () => canRedo.peek() && redoStep()),
		one("Mod+y", "Redo", () => canRedo.peek() && redoStep()),
		one("Mod+s", "Save the outline", () => void save()),
		one("Mod+Backspace", "Discard the outline that is not saved", discard),
		one("Delete", "Remove the nodule", () => void remove()),
		one("Shift+o", "Show the model's own version", toggleOriginal),
		one("a", "Accept the nodule", () => void judge("accepted")),
		one("r", "Reject the nodule", () => void judge("rejected")),
	);
	const whileDrawing = effect(() => {
		if (!isDrawing.value) return;
		const stop = bind(one("Escape", "Put the tool away", stepBack));
		const stopArrows = bindArrows();
		return () => {
			stop();
			stopArrows();
		};
	});
	// Not at each of its moves, which would bind the same keys anew.
	const isShown = computed(() => crosshair.value !== null);
	const atCrosshair = effect(() => {
		if (!isDrawing.value || !isShown.value) return;
		return bindPress(KINDS.find((kind) => kind.tool === tool.value)?.isDragged ?? false);
	});
	const inPolygon = effect(() => {
		if (tool.value !== polygon || corners.value.length === 0) return;
		return bind(
			one("Enter", "Close the polygon", closePolygon),
			one("Backspace", "Remove the polygon's last corner", removeCorner),
		);
	});
	// A version that is only looked at, or a frame without a result, is not drawn on.
	const putDown = effect(() => {
		const isThere = valueIn(pane.shown.value) !== null;
		if (isThere && editable.value === null && isDrawing.peek()) put();
	});
	return () => {
		for (const end of [always, whileDrawing, atCrosshair, inPolygon, putDown]) end();
		put();
	};
}

/** What is begun goes first, then the crosshair, then the tool. */
function stepBack(): void {
	if (corners.peek().length > 0) corners.value = [];
	else if (crosshair.peek() !== null) putAway();
	else put();
}
