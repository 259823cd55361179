/** The outline pulled by the pointer. */
import { signal } from "@preact/signals";
import type { Press } from "../../viewer/scene";
import type { Point } from "../../viewer/view";
import { commit, drawing, redraw, revert, stand } from "../drafting";
import { pointer } from "../pointer";
import { dense, type Grip, grip, pull } from "../pull";
import type { Ring } from "../rings";

export const REACHES = [5, 200] as const;

/** How far along the outline a pull reaches to each side, in pixels of the frame. */
export const reach = signal(40);

/** CSS pixels from the outline within which it can be taken hold of. */
const NEAR = 24;

/** What is held, from where, of which outline. */
let held: { grip: Grip; from: Point; rings: Ring[] } | null = null;

/** Place of the outline that a press at the pointer takes hold of. */
export const handle = signal<Point | null>(null);

function under(press: Press): { grip: Grip; rings: Ring[] } | null {
	const rings = dense(stand.peek()?.rings ?? []);
	const found = grip(rings, press);
	return found === null || found.distance * press.scale > NEAR ? null : { grip: found, rings };
}

const pointOf = ({ grip: { ring, point }, rings }: { grip: Grip; rings: Ring[] }): Point => {
	const [x = 0, y = 0] = rings[ring]?.[point] ?? [];
	return { x, y };
};

export const contour = drawing({
	name: "contour",
	cursor: "grab",
	down(press: Press) {
		const found = under(press);
		held = found === null ? null : { ...found, from: { x: press.x, y: press.y } };
	},
	move(press: Press, pressed: boolean) {
		pointer.value = press;
		if (!pressed) {
			const found = under(press);
			handle.value = found === null ? null : pointOf(found);
			return;
		}
		if (held === null) return;
		const by = { x: press.x - held.from.x, y: press.y - held.from.y };
		const rings = pull(held.rings, held.grip, by, reach.peek());
		handle.value = pointOf({ grip: held.grip, rings });
		redraw(rings);
	},
	up() {
		if (held !== null) commit("contour");
		held = null;
	},
	cancel() {
		if (held !== null) revert();
		held = null;
		handle.value = null;
	},
});
