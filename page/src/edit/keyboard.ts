/** Drawing without a pointer: arrow keys move a crosshair, Enter and Space press at it. */
import { signal } from "@preact/signals";
import { bind } from "../app/keys";
import type { Press } from "../viewer/scene";
import { tool, view } from "../viewer/stage";
import type { Point } from "../viewer/view";
import { pixels, stand } from "./drafting";
import { has } from "./mask";
import { pointer } from "./pointer";

/** Where it is, in pixels of the frame; null while the pointer is used. */
export const crosshair = signal<Point | null>(null);
/** Whether Space holds the tool down, so that the arrow keys draw. */
export const isHeld = signal(false);
/** What is read out. */
export const announced = signal("");

/** CSS pixels of a step. */
const STEP = 8;
const GROUP = "Correction by keyboard";

const pressAt = ({ x, y }: Point): Press => ({
	x,
	y,
	scale: view.peek()?.scale ?? 1,
	shift: false,
	alt: false,
	secondary: false,
});

/** Move the crosshair to the right and down as it is seen; from the outline's middle at first. */
function move(right: number, down: number, isFine: boolean): void {
	const size = pixels();
	const laid = view.peek();
	if (size === null || laid === null) return;
	const step = isFine ? 1 : Math.max(1, Math.round(STEP / laid.scale));
	const from = crosshair.peek() ?? pointer.peek() ?? middle();
	const to = {
		x: Math.round(from.x) + (laid.flipX ? -1 : 1) * right * step,
		y: Math.round(from.y) + (laid.flipY ? -1 : 1) * down * step,
	};
	const next = {
		x: Math.min(Math.max(to.x, 0), size.width - 1),
		y: Math.min(Math.max(to.y, 0), size.height - 1),
	};
	tool.peek()?.move?.(pressAt(next), isHeld.peek());
	crosshair.value = next;
	announced.value = `${next.x}, ${next.y}, ${has(size, next.x, next.y) ? "inside" : "outside"}`;
}

function middle(): Point {
	const points = stand.peek()?.rings.flat() ?? [];
	const size = pixels();
	if (points.length === 0) return { x: (size?.width ?? 0) / 2, y: (size?.height ?? 0) / 2 };
	const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
	return { x: mean(points.map(([x]) => x)), y: mean(points.map(([, y]) => y)) };
}

/** Press and let go. */
function press(): void {
	const at = crosshair.peek();
	if (isHeld.peek()) {
		letGo();
		return;
	}
	if (at === null) return;
	tool.peek()?.down(pressAt(at));
	tool.peek()?.up?.(pressAt(at));
}

/** Press until Space is pressed again. */
function hold(): void {
	const at = crosshair.peek();
	if (at === null) return;
	if (isHeld.peek()) {
		letGo();
		return;
	}
	isHeld.value = true;
	announced.value = "Pressed; the arrow keys draw";
	tool.peek()?.down(pressAt(at));
}

function letGo(): void {
	const at = crosshair.peek();
	if (at === null || !isHeld.peek()) return;
	isHeld.value = false;
	announced.value = "Let go";
	tool.peek()?.up?.(pressAt(at));
}

/** Put the crosshair away, and what it holds down. */
export function putAway(): void {
	if (isHeld.peek()) tool.peek()?.cancel?.();
	isHeld.value = false;
	crosshair.value = null;
}

/** Bind the keys that move the crosshair; return what unbinds them. */
export function bindArrows(): () => void {
	const arrows = [
		["Left", -1, 0],
		["Right", 1, 0],
		["Up", 0, -1],
		["Down", 0, 1],
	] as const;
	return bind(
		...arrows.flatMap(([name, right, down]) => [
			{
				key: `Arrow${name}`,
				does: `Crosshair ${name.toLowerCase()}`,
				group: GROUP,
				run: () => move(right, down, false),
			},
			{
				key: `Shift+Arrow${name}`,
				does: `Crosshair ${name.toLowerCase()} by one pixel`,
				group: GROUP,
				run: () => move(right, down, true),
			},
		]),
	);
}

/** Bind the keys that press at the crosshair; `hold` for tools that are dragged. */
export function bindPress(isDragged: boolean): () => void {
	const space = { key: " ", group: GROUP };
	return bind(
		isDragged
			? { ...space, does: "Hold the tool down, or let go", run: hold }
			: { ...space, does: "Press at the crosshair", run: press },
		{ key: "Enter", does: "Press at the crosshair", group: GROUP, run: press },
	);
}

// Whoever takes the pointer again means what is under it.
addEventListener("pointermove", () => {
	if (crosshair.peek() !== null && !isHeld.peek()) crosshair.value = null;
});
