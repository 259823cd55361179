/** The tool that measures: drag from end to end, or press at each; drag an end to move it. */
import type { Place, Press, Tool } from "../scene";
import { place } from "../stage";
import type { Point } from "../view";
import { add, calipers, chosen, type End, endAt, moveEnd, remove } from "./calipers";

/** So near, in CSS pixels, an end is hit: a finger covers as much. */
const REACH = 18;
/** A shorter drag, in CSS pixels, was a press: the other end is still to come. */
const PRESS = 5;

interface Held {
	id: number;
	end: End;
	/** Where the end was before; null of a caliper that is new. */
	before: Point | null;
	from: Point;
	/** Pressed and let go: the end follows the pointer until the next press. */
	follows: boolean;
}

let held: Held | null = null;
let heldOn: Place | null = null;

/** Let go of what is held of another frame: calipers are counted on each from 1. */
function look(): void {
	if (heldOn !== place.peek()) held = null;
	heldOn = place.peek();
}

export const measuring: Tool = {
	name: "calipers",
	cursor: "crosshair",
	down(press: Press) {
		look();
		if (held?.follows) {
			held = { ...held, follows: false };
			moveEnd(held.id, held.end, press);
			return;
		}
		const hit = endAt(calipers.peek(), press, REACH / press.scale);
		const from = { x: press.x, y: press.y };
		if (hit !== null) {
			const before = calipers.peek().find((one) => one.id === hit.id)?.ends[hit.end] ?? null;
			chosen.value = hit.id;
			held = { ...hit, before, from, follows: false };
			return;
		}
		const id = add([from, from]);
		held = id === null ? null : { id, end: 1, before: null, from, follows: false };
	},
	move(press, pressed) {
		look();
		if (held === null || !(pressed || held.follows)) return;
		moveEnd(held.id, held.end, { x: press.x, y: press.y });
	},
	up(press) {
		look();
		if (held === null) return;
		const dragged = Math.hypot(press.x - held.from.x, press.y - held.from.y) * press.scale;
		const isNew = held.before === null;
		held = isNew && dragged < PRESS && !held.follows ? { ...held, follows: true } : null;
	},
	cancel() {
		look();
		if (held === null) return;
		if (held.before === null) remove(held.id);
		else moveEnd(held.id, held.end, held.before);
		held = null;
	},
};
