/** Masks to closed outlines and back, as the server traces and fills them. Pure arithmetic. */

import type { Size } from "../viewer/view";
import { blank, bounds, has, type Mask } from "./mask";

/** Points (x, y) of a closed outline, in pixels of the frame; a pixel's centre has whole ones. */
export type Ring = [number, number][];

/** Directions along a border, clockwise on the screen: right, down, left, up. */
const STEPS = [
	[1, 0],
	[0, 1],
	[-1, 0],
	[0, -1],
] as const;

/**
 * Trace the borders of a mask half-way between its pixels and the next: marching squares at one
 * half. Outer borders run clockwise on the screen, those of holes the other way. Pixels that meet at
 * a corner are connected.
 */
export function trace(mask: Mask): Ring[] {
	const box = bounds(mask);
	if (box === null) return [];
	// Of each pixel, whether the border above it was walked: every ring has a step above a pixel.
	const walked = new Uint8Array((box.right - box.left) * (box.bottom - box.top));
	const seen = (x: number, y: number) => (y - box.top) * (box.right - box.left) + x - box.left;
	const rings: Ring[] = [];
	for (let y = box.top; y < box.bottom; y++) {
		for (let x = box.left; x < box.right; x++) {
			if (!has(mask, x, y) || has(mask, x, y - 1) || walked[seen(x, y)] === 1) continue;
			rings.push(follow(mask, x, y, (atX, atY) => (walked[seen(atX, atY)] = 1)));
		}
	}
	return rings;
}

/** Walk once around from the upper border of a pixel, inside on the right. */
function follow(
	mask: Mask,
	startX: number,
	startY: number,
	above: (x: number, y: number) => void,
): Ring {
	const ring: Ring = [];
	// The corner (x, y) is the upper left one of the pixel (x, y).
	let [x, y, heading] = [startX, startY, 0];
	do {
		const [dx, dy] = STEPS[heading] as (typeof STEPS)[number];
		if (heading === 0) above(x, y);
		ring.push([x + dx / 2 - 0.5, y + dy / 2 - 0.5]);
		x += dx;
		y += dy;
		heading = turn(mask, x, y, heading);
	} while (x !== startX || y !== startY || heading !== 0);
	return straighten(ring);
}

/** Return the heading behind a corner: left where pixels meet at it, so that they stay one. */
function turn(mask: Mask, x: number, y: number, heading: number): number {
	const [dx, dy] = STEPS[heading] as (typeof STEPS)[number];
	// Ahead on the left, and ahead on the right, as seen from the corner.
	const left = has(mask, x + (dx + dy - 1) / 2, y + (dy - dx - 1) / 2);
	const right = has(mask, x + (dx - dy - 1) / 2, y + (dy + dx - 1) / 2);
	if (left) return (heading + 3) % 4;
	return right ? heading : (heading + 1) % 4;
}

/** Leave out points on straight lines. */
function straighten(ring: Ring): Ring {
	return ring.filter(([x, y], i) => {
		const [beforeX, beforeY] = ring.at(i - 1) as [number, number];
		const [afterX, afterY] = ring[(i + 1) % ring.length] as [number, number];
		return (x - beforeX) * (afterY - y) !== (y - beforeY) * (afterX - x);
	});
}

/** Return the mask of closed outlines: pixels whose centre is inside of an odd number of them. */
export function draw(rings: readonly (readonly number[])[][], size: Size): Mask {
	const mask = blank(size);
	const crossings: number[][] = Array.from({ length: size.height }, () => []);
	for (const ring of rings) {
		for (let i = 0; i < ring.length; i++) {
			let [x0, y0] = ring[i] as [number, number];
			let [x1, y1] = ring[(i + 1) % ring.length] as [number, number];
			if (y0 > y1) [x0, y0, x1, y1] = [x1, y1, x0, y0];
			// Of a corner on a row only the edge that begins there counts, so that none counts twice.
			const first = Math.max(0, Math.ceil(y0));
			const end = Math.min(size.height, Math.ceil(y1));
			for (let y = first; y < end; y++) {
				crossings[y]?.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
			}
		}
	}
	for (const [y, row] of crossings.entries()) {
		row.sort((a, b) => a - b);
		for (let i = 0; i + 1 < row.length; i += 2) {
			const from = Math.max(0, Math.ceil(row[i] as number));
			const to = Math.min(size.width, Math.ceil(row[i + 1] as number));
			if (from < to) mask.data.fill(1, y * size.width + from, y * size.width + to);
		}
	}
	return mask;
}
