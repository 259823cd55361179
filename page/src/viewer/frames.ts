/** Frames as pictures: fetched once each, shown through the window of grey values. */
import { problemOf } from "../api/problem";
import { reach } from "../api/reach";
import { table } from "./picture";

/** So many frames of the size 1024 × 768 are kept decoded. */
const KEPT = 64;

export interface Picture {
	width: number;
	height: number;
	/** Grey values, a byte a pixel, row by row. */
	grey: Uint8Array;
}

const pictures = new Map<string, Promise<Picture>>();

/** Return where a frame's pixels are. */
export const frameUrl = (image: string, frame: number): string =>
	`/api/images/${image}/frames/${frame}`;

/** Fetch a grey PNG; the newest are kept. Throws a Problem. */
export function fetchPicture(url: string): Promise<Picture> {
	const known = pictures.get(url);
	if (known !== undefined) {
		pictures.delete(url);
		pictures.set(url, known);
		return known;
	}
	const fetched = decode(url);
	pictures.set(url, fetched);
	fetched.catch(() => pictures.delete(url));
	for (const oldest of pictures.keys()) {
		if (pictures.size <= KEPT) break;
		pictures.delete(oldest);
	}
	return fetched;
}

async function decode(url: string): Promise<Picture> {
	const answer = await reach(url);
	if (!answer.ok) throw problemOf(answer.status, await answer.json().catch(() => null));
	// Colours are data here: nothing may be adapted to the screen.
	const bitmap = await createImageBitmap(await answer.blob(), { colorSpaceConversion: "none" });
	const { width, height } = bitmap;
	const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
	if (context === null) throw new Error("this browser draws nothing");
	context.drawImage(bitmap, 0, 0);
	bitmap.close();
	const { data } = context.getImageData(0, 0, width, height);
	const grey = new Uint8Array(width * height);
	for (let i = 0; i < grey.length; i++) grey[i] = data[4 * i] as number;
	return { width, height, grey };
}

/** A canvas that holds a picture as the window of grey values shows it. */
export class Shown {
	readonly canvas = new OffscreenCanvas(1, 1);
	#drawn: { picture: Picture; table: Uint8ClampedArray } | null = null;

	/** Draw a picture through the window, unless it is there already. */
	draw(picture: Picture): OffscreenCanvas {
		const values = table.value;
		if (this.#drawn?.picture === picture && this.#drawn.table === values) return this.canvas;
		const { width, height, grey } = picture;
		this.canvas.width = width;
		this.canvas.height = height;
		const pixels = new ImageData(width, height);
		const words = new Uint32Array(pixels.data.buffer);
		const opaque = Uint32Array.from(values, (v) => 0xff000000 | (v << 16) | (v << 8) | v);
		for (let i = 0; i < grey.length; i++) words[i] = opaque[grey[i] as number] as number;
		this.canvas.getContext("2d")?.putImageData(pixels, 0, 0);
		this.#drawn = { picture, table: values };
		return this.canvas;
	}
}
