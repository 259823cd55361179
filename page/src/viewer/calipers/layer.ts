/** The calipers over the frame. */
import { valueIn } from "../../app/loaded";
import { drawMeasure, drawWords } from "../ink";
import { lengthOf, written } from "../lengths";
import type { Layer } from "../scene";
import { type Point, toCanvas } from "../view";
import { calipersOf, chosen } from "./calipers";

const COLOUR = "rgb(255 255 255)";
const CHOSEN = "rgb(125 184 255)";

export const caliperLayer: Layer = ({ context, view, pane, place, canvas }) => {
	const scale = valueIn(pane.shown.value)?.state.finding.scale;
	context.save();
	for (const { id, ends } of calipersOf(place)) {
		const colour = id === chosen.value ? CHOSEN : COLOUR;
		const line: [Point, Point] = [toCanvas(view, ends[0]), toCanvas(view, ends[1])];
		drawMeasure(context, line, colour, 7);
		drawWords(context, `${id}: ${written(lengthOf(ends, scale))}`, line, colour, canvas.width);
	}
	context.restore();
};
