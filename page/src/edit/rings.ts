/** Masks to closed outlines and back, as the server traces and fills them. Pure arithmetic. */

import { rowsOf } from "../viewer/dice";
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
export function draw(rings: readonly Ring[], size: Size): Mask {
	const mask = blank(size);
	for (const [y, row] of rowsOf(rings)) {
		if (y < 0 || y >= size.height) continue;
		for (const [from, to] of row) {
			const start = Math.min(Math.max(from, 0), size.width);
			const end = Math.min(Math.max(to, 0), size.width);
			mask.data.fill(1, y * size.width + start, y * size.width + end);
		}
	}
	return mask;
}
