/** Clicks that say what is inside of the nodule, and what is not. */
import { signal } from "@preact/signals";
import type { Press } from "../../viewer/scene";
import { drawing, stand } from "../drafting";
import { pointer } from "../pointer";
import { heed, isRefining } from "../refine";

/** Whether the next click is inside, unless Alt or the secondary button says otherwise. */
export const isInside = signal(true);

/** CSS pixels within which a press is on a mark, and takes it away. */
const NEAR = 10;

export const clicks = drawing({
	name: "clicks",
	cursor: "crosshair",
	down(press: Press) {
		const known = stand.peek()?.clicks ?? [];
		// One after the other: each answer is the outline that the next click is meant for.
		if (isRefining.peek()) return;
		const hit = known.find(
			(one) => press.scale * Math.hypot(one.x - press.x, one.y - press.y) <= NEAR,
		);
		const inside = press.alt || press.secondary ? !isInside.peek() : isInside.peek();
		if (hit !== undefined) void heed(known.filter((one) => one !== hit));
		else void heed([...known, { x: press.x, y: press.y, inside }]);
	},
	move(press: Press) {
		pointer.value = press;
	},
});
