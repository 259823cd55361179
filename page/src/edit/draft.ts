/** The outline that is being drawn, before it is stored, and what the tools show of themselves. */

import { pane as main } from "../study/session";
import { pathOf } from "../viewer/outlines";
import type { Layer, Scene } from "../viewer/scene";
import { tool } from "../viewer/stage";
import { type Point, toCanvas, transform } from "../viewer/view";
import { painted, pixels, type Subject, stand, subject, takeDirty } from "./drafting";
import { crosshair } from "./keyboard";
import { whole } from "./mask";
import { pointer } from "./pointer";
import { type Ring, trace } from "./rings";
import { Surface } from "./surface";
import { brush, eraser, radius } from "./tools/brush";
import { clicks } from "./tools/clicks";
import { contour, handle } from "./tools/contour";
import { corners, polygon } from "./tools/polygon";

const LIGHT = "#fff";
const DARK = "rgb(0 0 0 / 75%)";
const INSIDE = "#3ddc84";
const OUTSIDE = "#ff6b61";

let surface: Surface | null = null;
let of: Subject | null = null;
/** The outline of the pixels when they were painted for the so-many-th time. */
let outline = { painted: -1, rings: [] as Ring[] };

export const draft: Layer = (scene) => {
	const drawn = subject.value;
	const mask = pixels();
	const count = painted.value;
	if (drawn === null || mask === null || scene.pane !== main) return;
	surface ??= new Surface();
	const changed = takeDirty();
	const box = of === drawn ? changed : whole(mask);
	if (box !== null) surface.paint(mask, box, drawn.colour);
	of = drawn;
	if (outline.painted !== count) outline = { painted: count, rings: trace(mask) };
	const { context, view, density } = scene;
	context.save();
	transform(context, view, density);
	context.imageSmoothingEnabled = false;
	context.drawImage(surface.canvas, 0, 0);
	twice(context, pathOf(outline.rings), view.scale, `rgb(${drawn.colour.join(" ")})`);
	context.restore();
	drawTool(scene);
};

function drawTool(scene: Scene): void {
	const { context, view } = scene;
	const taken = tool.value;
	const at = crosshair.value ?? pointer.value;
	if ((taken === brush || taken === eraser) && at !== null) {
		circle(scene, at, radius.value * view.scale, taken === eraser);
	}
	if (taken === contour && handle.value !== null) circle(scene, handle.value, 6);
	if (taken === clicks) for (const one of stand.value?.clicks ?? []) mark(scene, one);
	if (taken === polygon && corners.value.length > 0) drawCorners(scene, at);
	if (crosshair.value !== null) {
		const { x, y } = toCanvas(view, crosshair.value);
		const path = new Path2D(
			`M${x - 16} ${y}h12 M${x + 4} ${y}h12 M${x} ${y - 16}v12 M${x} ${y + 4}v12`,
		);
		twice(context, path, 1, LIGHT);
	}
}

/** Draw a line that is seen on any ground: light over dark. */
function twice(
	context: CanvasRenderingContext2D,
	path: Path2D,
	scale: number,
	colour: string,
): void {
	context.lineWidth = 3.5 / scale;
	context.strokeStyle = DARK;
	context.stroke(path);
	context.lineWidth = 1.5 / scale;
	context.strokeStyle = colour;
	context.stroke(path);
}

function circle({ context, view }: Scene, at: Point, size: number, isDashed = false): void {
	const { x, y } = toCanvas(view, at);
	const path = new Path2D();
	path.arc(x, y, size, 0, 2 * Math.PI);
	context.save();
	if (isDashed) context.setLineDash([5, 4]);
	twice(context, path, 1, LIGHT);
	context.restore();
}

/** A click: plus or minus, so that colour alone says nothing. */
function mark({ context, view }: Scene, click: Point & { inside: boolean }): void {
	const { x, y } = toCanvas(view, click);
	context.beginPath();
	context.arc(x, y, 7, 0, 2 * Math.PI);
	context.fillStyle = click.inside ? INSIDE : OUTSIDE;
	context.fill();
	context.lineWidth = 1.5;
	context.strokeStyle = "#000";
	context.stroke();
	const upright = click.inside ? ` M${x} ${y - 4}v8` : "";
	context.lineWidth = 2;
	context.stroke(new Path2D(`M${x - 4} ${y}h8${upright}`));
}

function drawCorners({ context, view }: Scene, at: Point | null): void {
	const known = corners.value;
	const points = (at === null ? known : [...known, at]).map((one) => toCanvas(view, one));
	const path = new Path2D();
	for (const { x, y } of points) path.lineTo(x, y);
	twice(context, path, 1, LIGHT);
	context.fillStyle = LIGHT;
	context.strokeStyle = "#000";
	context.lineWidth = 1;
	for (const { x, y } of points.slice(0, known.length)) {
		context.fillRect(x - 3.5, y - 3.5, 7, 7);
		context.strokeRect(x - 3.5, y - 3.5, 7, 7);
	}
}
