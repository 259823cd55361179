/** Frames as pictures: fetched once each, shown through the window of grey values. */
import { fetchFile } from "../api/client";
import { Kept } from "./kept";
import { type Picture, paintGrey, table } from "./picture";

/** Bytes of frames that are kept decoded: 85 of the size 1024 × 768. */
const ROOM = 64 * 2 ** 20;

export type { Picture };

const pictures = new Kept<Picture>(ROOM);
const onTheirWay = new Map<string, Promise<Picture>>();

/** Return where a frame's pixels are. */
export const frameUrl = (image: string, frame: number): string =>
	`/api/images/${image}/frames/${frame}`;

/** Fetch a grey PNG; the newest are kept. Throws a Problem. */
export function fetchPicture(url: string): Promise<Picture> {
	const known = pictures.get(url);
	if (known !== undefined) return Promise.resolve(known);
	const waited = onTheirWay.get(url) ?? decode(url).finally(() => onTheirWay.delete(url));
	onTheirWay.set(url, waited);
	return waited;
}

async function decode(url: string): Promise<Picture> {
	const { bitmap } = await fetchBitmap(url);
	const picture = greyOf(bitmap);
	pictures.set(url, picture, picture.grey.length);
	return picture;
}

/** Fetch a picture as the server has it: nothing is adapted to the screen. Throws a Problem. */
export async function fetchBitmap(
	url: string,
	signal?: AbortSignal,
): Promise<{ bitmap: ImageBitmap; headers: Headers }> {
	const answer = await fetchFile(url, signal === undefined ? {} : { signal });
	const bitmap = await createImageBitmap(await answer.blob(), { colorSpaceConversion: "none" });
	return { bitmap, headers: answer.headers };
}

/** Return a grey picture's values, and let the bitmap go. */
export function greyOf(bitmap: ImageBitmap): Picture {
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
	#pixels = new ImageData(1, 1);
	#drawn: { picture: Picture; table: Uint8ClampedArray } | null = null;

	/** Draw a picture through the window, unless it is there already. */
	draw(picture: Picture): OffscreenCanvas {
		const values = table.value;
		if (this.#drawn?.picture === picture && this.#drawn.table === values) return this.canvas;
		const { width, height } = picture;
		if (this.#pixels.width !== width || this.#pixels.height !== height) {
			this.#pixels = new ImageData(width, height);
			this.canvas.width = width;
			this.canvas.height = height;
		}
		paintGrey(new Uint32Array(this.#pixels.data.buffer), picture.grey, values);
		this.canvas.getContext("2d")?.putImageData(this.#pixels, 0, 0);
		this.#drawn = { picture, table: values };
		return this.canvas;
	}
}
