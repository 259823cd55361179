/** Which pixels of a frame are of a nodule: a byte a pixel, 0 or 1, row by row. Pure arithmetic. */
import type { Size } from "../viewer/view";

export interface Mask extends Size {
	data: Uint8Array;
}

/** A rectangle of pixels; right and bottom are behind the last one. */
export interface Box {
	left: number;
	top: number;
	right: number;
	bottom: number;
}

export const blank = ({ width, height }: Size): Mask => ({
	width,
	height,
	data: new Uint8Array(width * height),
});

export const copy = (mask: Mask): Mask => ({ ...mask, data: mask.data.slice() });

/** Return the smallest box that holds two; null for two that hold nothing. */
export function joined(one: Box | null, other: Box | null): Box | null {
	if (one === null || other === null) return one ?? other;
	return {
		left: Math.min(one.left, other.left),
		top: Math.min(one.top, other.top),
		right: Math.max(one.right, other.right),
		bottom: Math.max(one.bottom, other.bottom),
	};
}

export const whole = ({ width, height }: Size): Box => ({
	left: 0,
	top: 0,
	right: width,
	bottom: height,
});

/** Whether the pixel at a point is inside; nothing is beyond the frame. */
export function has(mask: Mask, x: number, y: number): boolean {
	return (
		x >= 0 && y >= 0 && x < mask.width && y < mask.height && mask.data[y * mask.width + x] === 1
	);
}

export function area(mask: Mask): number {
	let sum = 0;
	for (const value of mask.data) sum += value;
	return sum;
}

export function isEqual(one: Mask, other: Mask): boolean {
	if (one.width !== other.width || one.height !== other.height) return false;
	return one.data.every((value, i) => value === other.data[i]);
}

/** Return the smallest box that holds a mask; null if there is nothing to hold. */
export function bounds({ width, height, data }: Mask): Box | null {
	let [left, top, right, bottom] = [width, height, 0, 0];
	for (let y = 0; y < height; y++) {
		// The browser's own search is far quicker than a loop over each pixel.
		const row = data.subarray(y * width, (y + 1) * width);
		const first = row.indexOf(1);
		if (first < 0) continue;
		left = Math.min(left, first);
		right = Math.max(right, row.lastIndexOf(1) + 1);
		top = Math.min(top, y);
		bottom = y + 1;
	}
	return bottom === 0 ? null : { left, top, right, bottom };
}

/** Return the areas of the parts of a mask, the largest first; corners connect. */
export const partSizes = (mask: Mask): number[] =>
	label(mask)
		.sizes.slice(1)
		.sort((a, b) => b - a);

/** Return the largest part alone. */
export function largestPart(mask: Mask): Mask {
	const { labels, sizes } = label(mask);
	const largest = sizes.indexOf(Math.max(...sizes.slice(1)), 1);
	return { ...mask, data: Uint8Array.from(labels, (number) => (number === largest ? 1 : 0)) };
}

/** Number the connected parts of a mask from 1, in the order of their first pixels. */
function label({ width, height, data }: Mask): { labels: Int32Array; sizes: number[] } {
	const labels = new Int32Array(data.length);
	const sizes = [0];
	const stack: number[] = [];
	for (let start = data.indexOf(1); start >= 0; start = data.indexOf(1, start + 1)) {
		if (labels[start] !== 0) continue;
		const number = sizes.length;
		let size = 0;
		labels[start] = number;
		stack.push(start);
		for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
			size += 1;
			const x = at % width;
			const y = (at - x) / width;
			for (let dy = -1; dy <= 1; dy++) {
				for (let dx = -1; dx <= 1; dx++) {
					if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue;
					const next = at + dy * width + dx;
					if (data[next] === 1 && labels[next] === 0) {
						labels[next] = number;
						stack.push(next);
					}
				}
			}
		}
		sizes.push(size);
	}
	return { labels, sizes };
}
