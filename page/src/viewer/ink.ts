/** Lines and words over a frame, readable on bright and dark tissue. In CSS pixels of the canvas. */
import type { Point } from "./view";

type Line = [Point, Point];
const HALO = "rgb(0 0 0 / 0.75)";

/** Stroke a line with short bars across its ends. */
export function drawMeasure(
	context: CanvasRenderingContext2D,
	[a, b]: Line,
	colour: string,
	bar = 5,
): void {
	const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
	const [dx, dy] = [(-bar * (b.y - a.y)) / length, (bar * (b.x - a.x)) / length];
	context.beginPath();
	context.moveTo(a.x, a.y);
	context.lineTo(b.x, b.y);
	for (const { x, y } of [a, b]) {
		context.moveTo(x - dx, y - dy);
		context.lineTo(x + dx, y + dy);
	}
	context.lineWidth = 3.5;
	context.strokeStyle = HALO;
	context.stroke();
	context.lineWidth = 1.5;
	context.strokeStyle = colour;
	context.stroke();
}

/** Write beside the end of a line that lies further right, within the canvas. */
export function drawWords(
	context: CanvasRenderingContext2D,
	words: string,
	[a, b]: Line,
	colour: string,
	room: number,
): void {
	const at = a.x > b.x ? a : b;
	context.font = "600 13px system-ui, sans-serif";
	context.textBaseline = "middle";
	const width = context.measureText(words).width;
	const x = Math.max(4, Math.min(at.x + 8, room - width - 4));
	context.lineWidth = 3;
	context.lineJoin = "round";
	context.strokeStyle = HALO;
	context.strokeText(words, x, at.y);
	context.fillStyle = colour;
	context.fillText(words, x, at.y);
}
