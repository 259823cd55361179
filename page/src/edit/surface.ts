/** The draft as a picture: only what changed is painted anew. */
import type { Box, Mask } from "./mask";

/** Of 255. */
const OPACITY = 70;

export class Surface {
	readonly canvas = new OffscreenCanvas(1, 1);

	/** Paint the pixels within a box in a colour, the rest of the box clear. */
	paint(mask: Mask, box: Box, colour: readonly number[]): void {
		const { canvas } = this;
		if (canvas.width !== mask.width || canvas.height !== mask.height) {
			canvas.width = mask.width;
			canvas.height = mask.height;
		}
		const [width, height] = [box.right - box.left, box.bottom - box.top];
		if (width <= 0 || height <= 0) return;
		const image = new ImageData(width, height);
		const words = new Uint32Array(image.data.buffer);
		const [red = 0, green = 0, blue = 0] = colour;
		const word = ((OPACITY << 24) | (blue << 16) | (green << 8) | red) >>> 0;
		for (let y = 0; y < height; y++) {
			const row = (box.top + y) * mask.width + box.left;
			for (let x = 0; x < width; x++) {
				if (mask.data[row + x] === 1) words[y * width + x] = word;
			}
		}
		canvas.getContext("2d")?.putImageData(image, box.left, box.top);
	}
}
