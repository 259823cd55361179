/** The nodules' names beside their outlines; the Tab key steps through them. */
import type { ReadonlySignal, Signal } from "@preact/signals";
import type { Contour } from "../api/types";
import type { Pane } from "../study/pane";
import { colourOf, style } from "./outlines";
import { shownIn } from "./shown";
import type { Drawn } from "./usePicture";
import { type Point, type Size, toCanvas, type View } from "./view";

/** Room that a name takes, in CSS pixels. */
const NAME = { width: 24, height: 22 };

/** Return where a name stands: at its outline's upper left as it is seen, within the canvas. */
export function placeOfName(rings: Contour["rings"], view: View, canvas: Size): Point {
	// A bounding box's corner would lie far from a round outline.
	let at: Point = { x: Number.POSITIVE_INFINITY, y: 0 };
	for (const [x, y] of rings[0] ?? []) {
		const point = toCanvas(view, { x, y });
		if (point.x + point.y < at.x + at.y) at = point;
	}
	return {
		x: Math.max(0, Math.min(at.x - NAME.width, canvas.width - NAME.width)),
		y: Math.max(0, Math.min(at.y - NAME.height, canvas.height - NAME.height)),
	};
}

function nameOf(one: Contour): string {
	const marks = [one.edited && "corrected", one.verdict !== "open" && one.verdict];
	return [`Nodule ${one.number}`, ...marks.filter(Boolean)].join(", ");
}

interface Props {
	pane: Pane;
	view: Signal<View | null>;
	size: Signal<Size>;
	drawn: ReadonlySignal<Drawn | null>;
	/** The nodule that is not drawn, if any. */
	but: ReadonlySignal<number | null> | null;
}

export function Marks({ pane, view, size, drawn, but }: Props) {
	const [laid, frame] = [view.value, drawn.value];
	if (laid === null || frame === null || style.value.mode === "none") return null;
	const shown = shownIn({ pane, place: frame.place });
	return (
		<ul class="marks" aria-label="Nodules">
			{shown?.contours
				.filter((one) => one.nodule !== but?.value)
				.map((one) => {
					const { x, y } = placeOfName(one.rings, laid, size.value);
					return (
						<li key={one.nodule} style={{ transform: `translate(${x}px, ${y}px)` }}>
							<button
								type="button"
								aria-label={nameOf(one)}
								aria-pressed={pane.selected.value === one.nodule}
								style={{ color: colourOf(one) }}
								onFocus={() => {
									pane.selected.value = one.nodule;
								}}
								onClick={() => {
									pane.selected.value = one.nodule;
								}}
							>
								{one.number}
								{one.edited && <span aria-hidden="true"> ✎</span>}
							</button>
						</li>
					);
				})}
		</ul>
	);
}
