/** Brush and eraser. */
import { signal } from "@preact/signals";
import type { Press, Tool } from "../../viewer/scene";
import { commit, drawing, pixels, revert, touch } from "../drafting";
import { pointer } from "../pointer";
import { stroke } from "../stroke";

export const RADII = [1, 100] as const;

/** Radius of the brush in pixels of the frame. */
export const radius = signal(12);

/** Make the brush larger, or smaller: by an eighth, at least by a pixel. */
export function resize(direction: 1 | -1): void {
	const next = radius.value + direction * Math.max(1, Math.round(radius.value / 8));
	radius.value = Math.min(Math.max(next, RADII[0]), RADII[1]);
}

function paintWith(name: string, value: 0 | 1): Tool {
	let before: Press | null = null;
	let paints: 0 | 1 = value;
	const paint = (to: Press) => {
		const mask = pixels();
		if (mask === null || before === null) return;
		// A press lies between pixels; a brush of one pixel is to hit the one below it.
		touch(stroke(mask, before, to, Math.max(radius.peek() - 0.5, 0.71), paints));
		before = to;
	};
	return drawing({
		name,
		cursor: "none",
		down(press) {
			pointer.value = press;
			before = press;
			paints = press.secondary || press.alt ? 0 : value;
			paint(press);
		},
		move(press, pressed) {
			pointer.value = press;
			if (pressed) paint(press);
		},
		up(press) {
			paint(press);
			if (before !== null) commit(paints === 1 ? "brush" : "eraser");
			before = null;
		},
		cancel() {
			if (before !== null) revert();
			before = null;
		},
	});
}

export const brush = paintWith("brush", 1);
export const eraser = paintWith("eraser", 0);
