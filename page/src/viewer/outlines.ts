/** The nodules' outlines over the frame. */
import { signal } from "@preact/signals";
import type { Contour } from "../api/types";
import { valueIn } from "../app/loaded";
import type { Layer } from "./scene";
import { transform } from "./view";

export const style = signal<{ mode: "outline" | "fill" | "none"; opacity: number }>({
	mode: "outline",
	opacity: 0.9,
});

/** Nodule whose outline is being drawn anew, and is therefore not shown as it is stored. */
export const hidden = signal<number | null>(null);

/** Return closed rings as a path in pixels of the frame, corners whole. */
export function pathOf(rings: Contour["rings"]): Path2D {
	const path = new Path2D();
	for (const ring of rings) {
		for (const [i, [x, y]] of ring.entries()) {
			// A pixel's centre has whole coordinates; its corner does in a canvas.
			if (i === 0) path.moveTo(x + 0.5, y + 0.5);
			else path.lineTo(x + 0.5, y + 0.5);
		}
		path.closePath();
	}
	return path;
}

export const outlines: Layer = ({ context, view, density, pane }) => {
	const shown = valueIn(pane.shown.value);
	const { mode, opacity } = style.value;
	if (shown === null || mode === "none") return;
	context.save();
	transform(context, view, density);
	for (const one of shown.contours) {
		if (one.nodule === hidden.value) continue;
		const colour = `rgb(${one.colour.join(" ")})`;
		const path = pathOf(one.rings);
		context.globalAlpha = opacity;
		if (mode === "fill") {
			context.globalAlpha = 0.5 * opacity;
			context.fillStyle = colour;
			context.fill(path, "evenodd");
			context.globalAlpha = opacity;
		}
		context.lineWidth = (one.nodule === pane.selected.value ? 2.5 : 1.5) / view.scale;
		context.strokeStyle = colour;
		context.stroke(path);
	}
	context.restore();
};
