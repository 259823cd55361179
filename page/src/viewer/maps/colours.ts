/** Colours for a probability: viridis, whose steps look equal and which every eye tells apart. */

const ANCHORS = [
	[68, 1, 84],
	[72, 24, 106],
	[71, 45, 123],
	[66, 64, 134],
	[59, 82, 139],
	[51, 99, 141],
	[44, 114, 142],
	[38, 130, 142],
	[33, 145, 140],
	[31, 159, 136],
	[39, 173, 129],
	[61, 188, 116],
	[92, 200, 99],
	[129, 211, 77],
	[170, 220, 50],
	[213, 226, 26],
	[253, 231, 37],
] as const;

/** Below so much nothing is coloured, so that the tissue can be seen; the legend says so. */
export const LEAST = 0.05;

/** Return the colour of a probability, 0 to 1. */
export function colourAt(share: number): [number, number, number] {
	const at = Math.min(Math.max(share, 0), 1) * (ANCHORS.length - 1);
	const below = Math.min(Math.floor(at), ANCHORS.length - 2);
	const [a, b] = [ANCHORS[below] as readonly number[], ANCHORS[below + 1] as readonly number[]];
	return [0, 1, 2].map((i) => {
		const [from, to] = [a[i] as number, b[i] as number];
		return Math.round(from + (at - below) * (to - from));
	}) as [number, number, number];
}

/** Return the pixels of 8-bit probabilities as canvases hold them, a word each. */
export function colourTable(): Uint32Array {
	return Uint32Array.from({ length: 256 }, (_, value) => {
		if (value / 255 < LEAST) return 0;
		const [r, g, b] = colourAt(value / 255);
		return 0xff000000 | (b << 16) | (g << 8) | r;
	});
}

/** The same as a gradient of CSS, from 0 to 1. */
export const GRADIENT = `linear-gradient(to right, ${ANCHORS.map((c) => `rgb(${c.join(" ")})`).join(", ")})`;
