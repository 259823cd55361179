/** How much two outlines agree, pixel by pixel. */
import type { Contour } from "../api/types";

type Rings = readonly Contour["rings"][number][];

/** Stretches of pixels inside rings by row: where each begins, and where it has ended. */
type Rows = Map<number, [number, number][]>;

/**
 * Return the pixels whose centres lie within closed rings, in an odd number of them.
 *
 * Outlines from the server run between pixel centres, so these are the pixels of its mask.
 */
export function rowsOf(rings: Rings): Rows {
	const crossings = new Map<number, number[]>();
	for (const ring of rings) {
		let [px, py] = ring.at(-1) ?? [0, 0];
		for (const [qx, qy] of ring) {
			const [top, bottom] = [Math.min(py, qy), Math.max(py, qy)];
			for (let y = Math.ceil(top); y < bottom; y++) {
				const x = px + ((y - py) * (qx - px)) / (qy - py);
				const known = crossings.get(y);
				if (known === undefined) crossings.set(y, [x]);
				else known.push(x);
			}
			[px, py] = [qx, qy];
		}
	}
	const rows: Rows = new Map();
	for (const [y, xs] of crossings) {
		xs.sort((a, b) => a - b);
		const row: [number, number][] = [];
		for (let i = 0; i + 1 < xs.length; i += 2) {
			row.push([Math.ceil(xs[i] as number), Math.ceil(xs[i + 1] as number)]);
		}
		rows.set(y, row);
	}
	return rows;
}

export const areaOf = (rows: Rows): number =>
	[...rows.values()].flat().reduce((sum, [from, to]) => sum + to - from, 0);

function common(a: Rows, b: Rows): number {
	let sum = 0;
	for (const [y, row] of a) {
		for (const [from, to] of row) {
			for (const [start, end] of b.get(y) ?? []) {
				sum += Math.max(0, Math.min(to, end) - Math.max(from, start));
			}
		}
	}
	return sum;
}

/** Return the Dice coefficient of two outlines: 0 apart, 1 the same. Of two empty ones it is 1. */
export function dice(a: Rings, b: Rings): number {
	const [one, other] = [rowsOf(a), rowsOf(b)];
	const total = areaOf(one) + areaOf(other);
	return total === 0 ? 1 : (2 * common(one, other)) / total;
}
