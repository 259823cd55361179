/** The stage's keys. */
import { type Binding, bind } from "../app/keys";
import { chosen, remove } from "./calipers/calipers";
import { measuring } from "./calipers/tool";
import {
	brighten,
	look,
	mirror,
	reset,
	showAll,
	showOneToOne,
	showWholeRange,
	widen,
	windowAutomatically,
	zoomBy,
} from "./commands";
import { type Kind, kind } from "./maps/maps";
import { style } from "./outlines";
import type { Tool } from "./scene";
import { take, tool } from "./stage";
import { windowing } from "./windowing";

const ZOOM = 1.25;
const NEAR = 0.1;

/** Return what comes after something in a round. */
export function after<T>(all: readonly T[], now: T): T {
	return all[(all.indexOf(now) + 1) % all.length] as T;
}

const MODES = ["outline", "fill", "none"] as const;
const KINDS: Kind[] = ["none", "confidence", "looked-at"];

const toggle = (what: Tool): void => take(tool.peek() === what ? null : what);

const view = (key: string, does: string, run: () => void): Binding => ({
	key,
	does,
	group: "View",
	run,
});

const KEYS: Binding[] = [
	view("+", "Zoom in", () => zoomBy(ZOOM)),
	view("=", "Zoom in", () => zoomBy(ZOOM)),
	view("-", "Zoom out", () => zoomBy(1 / ZOOM)),
	view("0", "Fit the frame", showAll),
	view("1", "One to one", showOneToOne),
	view("Shift+ArrowLeft", "Look further left", () => look(-NEAR, 0)),
	view("Shift+ArrowRight", "Look further right", () => look(NEAR, 0)),
	view("Shift+ArrowUp", "Look further up", () => look(0, -NEAR)),
	view("Shift+ArrowDown", "Look further down", () => look(0, NEAR)),
	view("ArrowUp", "Look further up", () => look(0, -NEAR)),
	view("ArrowDown", "Look further down", () => look(0, NEAR)),
	view("h", "Flip left and right", () => mirror("x")),
	view("v", "Flip top and bottom", () => mirror("y")),
	view("z", "Reset view and window", reset),
	view("w", "Window and level by dragging", () => toggle(windowing)),
	view("u", "Window and level automatically", windowAutomatically),
	view("Shift+u", "Whole range of grey values", showWholeRange),
	view("d", "Darker", () => brighten(-8)),
	view("Shift+d", "Brighter", () => brighten(8)),
	view("t", "More contrast", () => widen(1 / 1.1)),
	view("Shift+t", "Less contrast", () => widen(1.1)),
	view("o", "Outline, filled, none", () => {
		style.value = { ...style.value, mode: after(MODES, style.value.mode) };
	}),
	view("m", "Map: none, confidence, what it looked at", () => {
		kind.value = after(KINDS, kind.value);
	}),
	view("l", "Calipers: measure lengths", () => toggle(measuring)),
];

/** Keys of a still frame; those of a cine lead along its frames. */
const STILL: Binding[] = [
	view("ArrowLeft", "Look further left", () => look(-NEAR, 0)),
	view("ArrowRight", "Look further right", () => look(NEAR, 0)),
];

/** Keys while one of the stage's own tools is taken up. */
const IN_HAND: Binding[] = [view("Escape", "Put the tool away", () => take(null))];
const MEASURING: Binding[] = [
	view("Delete", "Delete the chosen caliper", () => {
		const id = chosen.peek();
		if (id !== null) remove(id);
	}),
];

/** Bind the keys of the tool that is in hand; return what unbinds them. */
export function bindTool(taken: Tool | null): () => void {
	if (taken === measuring) return bind(...IN_HAND, ...MEASURING);
	return taken === windowing ? bind(...IN_HAND) : () => {};
}

/** Bind the stage's keys; return what unbinds them. */
export const bindStage = (isStill: boolean): (() => void) =>
	bind(...KEYS, ...(isStill ? STILL : []));
