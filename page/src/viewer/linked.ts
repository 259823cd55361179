/** A cross where the pointer is over the frame beside. */
import type { Layer } from "./scene";
import { pointed } from "./stage";
import { toCanvas } from "./view";

const ARM = 9;

export const linked: Layer = ({ context, view, pane }) => {
	const at = pointed.value;
	if (at === null || at.pane === pane) return;
	const { x, y } = toCanvas(view, at);
	context.save();
	context.beginPath();
	context.moveTo(x - ARM, y);
	context.lineTo(x + ARM, y);
	context.moveTo(x, y - ARM);
	context.lineTo(x, y + ARM);
	context.lineWidth = 3;
	context.strokeStyle = "rgb(0 0 0 / 0.7)";
	context.stroke();
	context.lineWidth = 1;
	context.strokeStyle = "#fff";
	context.stroke();
	context.restore();
};
