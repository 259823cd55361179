/** The nodules' outlines over the frame. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Contour } from "../api/types";
import type { Layer } from "./scene";
import { shownIn } from "./shown";
import { transform } from "./view";

export const style = signal<{ mode: "outline" | "fill" | "none"; opacity: number }>({
	mode: "outline",
	opacity: 0.9,
});

/** The nodule whose outline is being redrawn, and therefore not drawn here. */
export const hidden: Signal<number | null> = signal(null);

const HALO = "rgb(0 0 0 / 0.6)";
/** Of a fill, beside its outline. */
const FAINT = 0.35;

const paths = new WeakMap<Contour["rings"], Path2D>();

/** Return closed rings as a path in pixels of the frame, corners whole. */
export function pathOf(rings: Contour["rings"]): Path2D {
	const known = paths.get(rings);
	if (known !== undefined) return known;
	const path = new Path2D();
	for (const ring of rings) {
		for (const [i, [x, y]] of ring.entries()) {
			// A pixel's centre has whole coordinates; its corner does in a canvas.
			if (i === 0) path.moveTo(x + 0.5, y + 0.5);
			else path.lineTo(x + 0.5, y + 0.5);
		}
		path.closePath();
	}
	paths.set(rings, path);
	return path;
}

export const colourOf = (contour: Contour): string => `rgb(${contour.colour.join(" ")})`;

/** Return a layer that draws all outlines but one. */
export function outlinesBut(left: ReadonlySignal<number | null> | null): Layer {
	return (scene) => {
		const { context, view, density, pane } = scene;
		const shown = shownIn(scene);
		const { mode, opacity } = style.value;
		if (shown === null || mode === "none") return;
		context.save();
		transform(context, view, density);
		context.lineJoin = "round";
		for (const one of shown.contours) {
			if (one.nodule === left?.value) continue;
			const rejected = one.verdict === "rejected";
			const path = pathOf(one.rings);
			const width = (one.nodule === pane.selected.value ? 2.5 : 1.5) / view.scale;
			context.globalAlpha = opacity;
			if (mode === "fill" && !rejected) {
				context.globalAlpha = FAINT * opacity;
				context.fillStyle = colourOf(one);
				context.fill(path, "evenodd");
				context.globalAlpha = opacity;
			}
			context.setLineDash(rejected ? [6 / view.scale, 5 / view.scale] : []);
			// Bright tissue would swallow a bright line.
			context.lineWidth = width + 2 / view.scale;
			context.strokeStyle = HALO;
			context.stroke(path);
			context.lineWidth = width;
			context.strokeStyle = colourOf(one);
			context.stroke(path);
		}
		context.restore();
	};
}

export const outlines = outlinesBut(hidden);
