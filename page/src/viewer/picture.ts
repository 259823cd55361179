/** The frame's pixels, and grey values of a window. */
import { computed, signal } from "@preact/signals";

export interface Picture {
	width: number;
	height: number;
	/** Grey values, a byte a pixel, row by row. */
	grey: Uint8Array;
}

/** A window of grey values: what lies below it is black, above it white; 0 to 255. */
export interface Window {
	level: number;
	width: number;
}

export const WHOLE: Window = { level: 127.5, width: 255 };
export const grey = signal<Window>(WHOLE);

/** The shown grey value of each stored one. */
export const table = computed(() => tableOf(grey.value));

/** Return the 256 shown values of a window. */
export function tableOf({ level, width }: Window): Uint8ClampedArray {
	const shown = new Uint8ClampedArray(256);
	for (let value = 0; value < 256; value++) {
		shown[value] = ((value - level) / width + 0.5) * 255;
	}
	return shown;
}

/** Keep a window within what grey values there are, and at least 2 wide. */
export const inRange = ({ level, width }: Window): Window => ({
	level: Math.min(Math.max(level, 0), 255),
	width: Math.min(Math.max(width, 2), 510),
});

interface Area {
	x: number;
	y: number;
	width: number;
	height: number;
}

/** Of the darkest and of the brightest pixels, the share that a window may cut off. */
const CUT = 0.01;

/**
 * Return the window from the 1st to the 99th percentile.
 *
 * @param areas - that are scan, so that a black border or burnt-in words count for nothing; the
 * whole picture if there are none.
 */
export function automatic(picture: Picture, areas: Area[]): Window {
	const counts = new Uint32Array(256);
	for (const area of areas.length > 0 ? areas : [{ x: 0, y: 0, ...picture }]) {
		for (let y = area.y; y < Math.min(area.y + area.height, picture.height); y++) {
			const row = y * picture.width;
			const end = row + Math.min(area.x + area.width, picture.width);
			for (let i = row + area.x; i < end; i++) (counts[picture.grey[i] as number] as number)++;
		}
	}
	const total = counts.reduce((sum, count) => sum + count, 0);
	if (total === 0) return WHOLE;
	const least = percentile(counts, CUT * total);
	const most = percentile(counts, (1 - CUT) * total);
	return inRange({ level: (least + most) / 2, width: most - least });
}

/** Return the first value at or below which so many lie. */
function percentile(counts: Uint32Array, wanted: number): number {
	let sum = 0;
	for (const [value, count] of counts.entries()) {
		sum += count;
		if (sum >= wanted) return value;
	}
	return 255;
}

/**
 * Write a picture through a table of shown values.
 *
 * @param pixels - a word each, as canvases hold them: red in the lowest byte, opacity in the highest.
 */
export function paintGrey(pixels: Uint32Array, grey: Uint8Array, table: Uint8ClampedArray): void {
	const opaque = Uint32Array.from(table, (v) => 0xff000000 | (v << 16) | (v << 8) | v);
	for (let i = 0; i < grey.length; i++) pixels[i] = opaque[grey[i] as number] as number;
}
