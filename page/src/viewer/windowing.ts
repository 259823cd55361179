/** The tool that windows: across for contrast, up and down for brightness. */
import { grey, inRange, type Window } from "./picture";
import type { Press, Tool } from "./scene";
import { view } from "./stage";
import { type Point, toCanvas } from "./view";

/** Return the window after a drag by CSS pixels, as viewers do it: right is wider, down brighter. */
export const dragged = (from: Window, by: Point): Window =>
	inRange({ level: from.level - by.y / 2, width: from.width + by.x });

let start: { at: Point; window: Window } | null = null;

/** In pixels of the screen, so that the drag's direction does not depend on mirroring. */
const place = (press: Press): Point => {
	const laid = view.peek();
	return laid === null ? press : toCanvas(laid, press);
};

export const windowing: Tool = {
	name: "window",
	cursor: "ns-resize",
	down(press) {
		start = { at: place(press), window: grey.peek() };
	},
	move(press, pressed) {
		if (!pressed || start === null) return;
		const now = place(press);
		grey.value = dragged(start.window, { x: now.x - start.at.x, y: now.y - start.at.y });
	},
	up() {
		start = null;
	},
	cancel() {
		if (start !== null) grey.value = start.window;
		start = null;
	},
};
