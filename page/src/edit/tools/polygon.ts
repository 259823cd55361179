/** A polygon, corner by corner. */
import { signal } from "@preact/signals";
import type { Press } from "../../viewer/scene";
import type { Point } from "../../viewer/view";
import { commit, drawing, pixels, redraw } from "../drafting";
import { pointer } from "../pointer";
import { draw, type Ring, trace } from "../rings";

/** What a closed polygon does with the outline that is there. */
export const EFFECTS = ["replace", "add", "cut"] as const;
export const polygonEffect = signal<(typeof EFFECTS)[number]>("replace");

export const corners = signal<Point[]>([]);

/** CSS pixels within which a press is on a corner, and milliseconds of a double click. */
const NEAR = 9;
const DOUBLE = 350;
let pressedAt = 0;

export const removeCorner = (): void => {
	corners.value = corners.value.slice(0, -1);
};

/** Close the polygon; fewer than three corners make none. */
export function closePolygon(): void {
	const ring: Ring = corners.peek().map(({ x, y }) => [x, y]);
	const before = pixels();
	corners.value = [];
	if (before === null || ring.length < 3) return;
	const drawn = draw([ring], before);
	const does = polygonEffect.peek();
	if (does !== "replace") {
		for (let i = 0; i < drawn.data.length; i++) {
			const [old, now] = [before.data[i] as number, drawn.data[i] as number];
			drawn.data[i] = does === "add" ? old | now : old & (1 - now);
		}
	}
	redraw(trace(drawn));
	commit("polygon");
}

const isNear = (press: Press, corner: Point | undefined): boolean =>
	corner !== undefined && press.scale * Math.hypot(press.x - corner.x, press.y - corner.y) <= NEAR;

export const polygon = drawing({
	name: "polygon",
	cursor: "crosshair",
	down(press: Press) {
		const known = corners.peek();
		const isDouble = performance.now() - pressedAt < DOUBLE && isNear(press, known.at(-1));
		pressedAt = performance.now();
		if (known.length > 2 && (isDouble || isNear(press, known[0]))) closePolygon();
		else if (!isNear(press, known.at(-1))) corners.value = [...known, { x: press.x, y: press.y }];
	},
	move(press: Press) {
		pointer.value = press;
	},
	cancel() {
		corners.value = [];
	},
});
