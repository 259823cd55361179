/** What the stage's buttons and keys do. */
import { valueIn } from "../app/loaded";
import { pane } from "../study/session";
import { automatic, grey, inRange, WHOLE } from "./picture";
import { drawn, sizes, view } from "./stage";
import { fit, flip, inSight, pan, type Size, type View, zoomTo } from "./view";

/** Lay the frame anew, if there is one. */
function lay(how: (laid: View, frame: Size, canvas: Size) => View): void {
	const [laid, known] = [view.peek(), sizes.peek()];
	if (laid === null || known === null) return;
	view.value = inSight(how(laid, known.frame, known.canvas), known.frame, known.canvas);
}

export const zoomBy = (factor: number): void =>
	lay((laid, _, canvas) => zoomTo(laid, factor * laid.scale, canvas));

/** Show all of the frame. */
export const showAll = (): void => lay((laid, frame, canvas) => fit(frame, canvas, laid));

/** Show a pixel of the frame as a pixel of the page. */
export const showOneToOne = (): void => lay((laid, _, canvas) => zoomTo(laid, 1, canvas));

export const mirror = (axis: "x" | "y"): void => lay((laid, _, canvas) => flip(laid, axis, canvas));

/** Move what is looked at by shares of the canvas: to the right is over to the frame's right. */
export const look = (right: number, down: number): void =>
	lay((laid, _, canvas) => pan(laid, { x: -right * canvas.width, y: -down * canvas.height }));

export const widen = (factor: number): void => {
	grey.value = inRange({ ...grey.value, width: factor * grey.value.width });
};

/** Brighten by grey values, or darken. */
export const brighten = (by: number): void => {
	grey.value = inRange({ ...grey.value, level: grey.value.level - by });
};

export const showWholeRange = (): void => {
	grey.value = WHOLE;
};

/** Window to what grey values the scan has. */
export function windowAutomatically(): void {
	const picture = drawn.peek()?.picture;
	const areas = valueIn(pane.shown.peek())?.state.finding.scan_areas ?? [];
	if (picture !== undefined) grey.value = automatic(picture, areas);
}

/** Show the frame as it came. */
export function reset(): void {
	lay((_, frame, canvas) => fit(frame, canvas));
	showWholeRange();
}
