/** Long and short axis of the selected nodule, with their lengths. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Contour, Nodule } from "../api/types";
import { drawMeasure, drawWords } from "./ink";
import { type Length, written } from "./lengths";
import { colourOf, hidden, style } from "./outlines";
import type { Layer } from "./scene";
import { shownIn } from "./shown";
import { type Point, toCanvas } from "./view";

export const showsAxes = signal(true);

/** Return an axis's length as the server measured it. */
export function axisOf(nodule: Nodule, axis: "long" | "short"): Length {
	const mm = nodule[`${axis}_axis_mm`];
	return mm == null ? { value: nodule[`${axis}_axis_px`], unit: "px" } : { value: mm, unit: "mm" };
}

const pointOf = ([x, y]: [number, number]): Point => ({ x, y });

/** Return a layer that draws the selected nodule's axes, unless it is the one that is left out. */
export const axesBut =
	(left: ReadonlySignal<number | null> | null): Layer =>
	(scene) => {
		const { context, view, pane } = scene;
		const shown = shownIn(scene);
		const chosen = pane.selected.value;
		if (shown === null || !showsAxes.value || style.value.mode === "none") return;
		if (chosen === null || chosen === left?.value) return;
		const contour = shown.contours.find((one) => one.nodule === chosen);
		const nodule = shown.state.finding.nodules?.find((one) => one.id === chosen);
		if (contour === undefined || nodule === undefined) return;
		context.save();
		for (const axis of ["long", "short"] as const) {
			const ends: Contour["long_axis"] = contour[`${axis}_axis`];
			const line: [Point, Point] = [
				toCanvas(view, pointOf(ends[0])),
				toCanvas(view, pointOf(ends[1])),
			];
			drawMeasure(context, line, colourOf(contour));
			const words = written(axisOf(nodule, axis));
			drawWords(context, words, line, colourOf(contour), scene.canvas.width);
		}
		context.restore();
	};

export const axes = axesBut(hidden);
