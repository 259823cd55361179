/** Both outlines over the frame: solid with words, dashed without. */
import { valueIn } from "../app/loaded";
import { pane } from "../study/session";
import { pathOf } from "../viewer/outlines";
import type { Layer } from "../viewer/scene";
import { transform } from "../viewer/view";
import { ringsOf } from "./difference";
import { isOverlaid, tried } from "./trying";

const WITH = "#ff9df5";
const WITHOUT = "#fff";

export const wordsLayer: Layer = ({ context, view, density, pane: shown }) => {
	const found = valueIn(tried.value);
	if (found === null || !isOverlaid.value || shown !== pane) return;
	context.save();
	transform(context, view, density);
	const both = [
		{ finding: found.with_words, colour: WITH, dash: [] },
		{ finding: found.without_words, colour: WITHOUT, dash: [7, 5] },
	];
	for (const { finding, colour, dash } of both) {
		const path = pathOf(ringsOf(finding));
		context.setLineDash([]);
		context.lineWidth = 4 / view.scale;
		context.strokeStyle = "rgb(0 0 0 / 60%)";
		if (dash.length === 0) context.stroke(path);
		context.setLineDash(dash.map((length) => length / view.scale));
		context.lineWidth = 2 / view.scale;
		context.strokeStyle = colour;
		context.stroke(path);
	}
	context.restore();
};
