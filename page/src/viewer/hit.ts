/** Which nodule a point lies in. */
import type { Contour } from "../api/types";
import type { Point } from "./view";

/** Whether a point lies within closed rings: in an odd number of them. */
export function isInside(rings: Contour["rings"], { x, y }: Point): boolean {
	let inside = false;
	for (const ring of rings) {
		let [px, py] = ring.at(-1) ?? [0, 0];
		for (const [qx, qy] of ring) {
			if (qy > y !== py > y && x < qx + ((px - qx) * (y - qy)) / (py - qy)) inside = !inside;
			[px, py] = [qx, qy];
		}
	}
	return inside;
}

/** Return the nodule at a point, the smallest if several lie there; null if none does. */
export function noduleAt(contours: Contour[], at: Point): number | null {
	const extent = ({ rings }: Contour) => {
		const [xs, ys] = [0, 1].map((i) => (rings[0] ?? []).map((p) => p[i as 0 | 1])) as [
			number[],
			number[],
		];
		return (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
	};
	const there = contours.filter((one) => isInside(one.rings, at));
	return there.sort((a, b) => extent(a) - extent(b))[0]?.nodule ?? null;
}
