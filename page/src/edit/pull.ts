/** An outline pulled at one place, softly beside it. Pure arithmetic. */
import type { Point } from "../viewer/view";
import type { Ring } from "./rings";

/** Place on an outline. */
export interface Grip {
	ring: number;
	point: number;
}

/** Return outlines with points at equal distances of about `step`, which a pull can bend. */
export function dense(rings: readonly Ring[], step = 1): Ring[] {
	return rings.map((ring) => {
		const points: Ring = [];
		for (const [i, [x, y]] of ring.entries()) {
			const [nextX, nextY] = ring[(i + 1) % ring.length] as [number, number];
			const parts = Math.max(1, Math.round(Math.hypot(nextX - x, nextY - y) / step));
			for (let part = 0; part < parts; part++) {
				points.push([x + ((nextX - x) * part) / parts, y + ((nextY - y) * part) / parts]);
			}
		}
		return points;
	});
}

/** Return the nearest point of dense outlines; null if there are none. */
export function grip(rings: readonly Ring[], at: Point): (Grip & { distance: number }) | null {
	let nearest: (Grip & { distance: number }) | null = null;
	for (const [ring, points] of rings.entries()) {
		for (const [point, [x, y]] of points.entries()) {
			const distance = Math.hypot(x - at.x, y - at.y);
			if (nearest === null || distance < nearest.distance) nearest = { ring, point, distance };
		}
	}
	return nearest;
}

/**
 * Move a place of an outline, and its surroundings less and less up to `reach` along the outline.
 *
 * @param reach - in pixels of the frame; of a shorter outline half its length, so that it closes.
 */
export function pull(
	rings: readonly Ring[],
	{ ring, point }: Grip,
	by: Point,
	reach: number,
): Ring[] {
	return rings.map((points, i) => {
		if (i !== ring) return points;
		const away = distances(points, point);
		const length = Math.max(...away);
		const far = Math.min(reach, length) || 1;
		return points.map(([x, y], at) => {
			const share = Math.min((away[at] as number) / far, 1);
			// A raised cosine: level at the grip and at the reach's end, so that no corner shows.
			const weight = (1 + Math.cos(Math.PI * share)) / 2;
			return [x + weight * by.x, y + weight * by.y];
		});
	});
}

/** Return each point's distance from one of them along the closed outline, the shorter way. */
function distances(points: Ring, from: number): number[] {
	const count = points.length;
	const ahead = new Array<number>(count).fill(0);
	let sum = 0;
	for (let i = 0; i < count; i++) {
		const [x, y] = points[(from + i) % count] as [number, number];
		const [nextX, nextY] = points[(from + i + 1) % count] as [number, number];
		ahead[(from + i) % count] = sum;
		sum += Math.hypot(nextX - x, nextY - y);
	}
	return ahead.map((distance) => Math.min(distance, sum - distance));
}
