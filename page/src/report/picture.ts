/** Draws a frame with what is reported of it, as it is stored: the screen's window is not applied. */
import type { Contour } from "../api/types";
import type { Picture } from "../viewer/frames";
import { colourOf, pathOf } from "../viewer/outlines";

export function draw(
	context: CanvasRenderingContext2D,
	{ width, height, grey }: Picture,
	contours: Contour[],
): void {
	context.canvas.width = width;
	context.canvas.height = height;
	const pixels = context.createImageData(width, height);
	for (let i = 0; i < grey.length; i++) {
		pixels.data.fill(grey[i] as number, 4 * i, 4 * i + 3);
		pixels.data[4 * i + 3] = 255;
	}
	context.putImageData(pixels, 0, 0);
	const line = Math.max(1.5, width / 400);
	context.textAlign = "center";
	context.font = `bold ${8 * line}px sans-serif`;
	for (const one of contours) {
		if (one.verdict === "rejected") continue;
		context.strokeStyle = context.fillStyle = colourOf(one);
		context.lineWidth = line;
		context.stroke(pathOf(one.rings));
		const { x, y } = topOf(one.rings[0] ?? []);
		context.fillText(String(one.number), x, Math.max(8 * line, y - 3 * line));
	}
}

/** Return the uppermost point of an outline. */
export function topOf(ring: [number, number][]): { x: number; y: number } {
	let top: [number, number] = ring[0] ?? [0, 0];
	for (const point of ring) if (point[1] < top[1]) top = point;
	return { x: top[0], y: top[1] };
}
