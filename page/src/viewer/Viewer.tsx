/** A canvas with a frame: what layers make of it, and what pointers do to it. */
import { type ReadonlySignal, type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { valueIn } from "../app/loaded";
import type { Pane } from "../study/pane";
import { Shown } from "./frames";
import { noduleAt } from "./hit";
import { Marks } from "./Marks";
import { hidden } from "./outlines";
import { paint } from "./paint";
import type { Layer, Place, Press, Tool } from "./scene";
import { pointed } from "./stage";
import { type Drawn, usePicture } from "./usePicture";
import { usePointers } from "./usePointers";
import { fit, resized, type Size, transform, type View } from "./view";
import { windowing } from "./windowing";
import "./viewer.css";

/** What the stage wants to know of its viewer. */
export interface Told {
	sizes: Signal<{ frame: Size; canvas: Size } | null>;
	drawn: Signal<Drawn | null>;
}

interface Props {
	pane: Pane;
	/** The frame to show, whether or not something is said of it. */
	place: ReadonlySignal<Place | null>;
	/** Shared by viewers that lie side by side; null until a frame was laid out. */
	view: Signal<View | null>;
	layers: Layer[];
	tool: ReadonlySignal<Tool | null>;
	label: string;
	/** Of the viewer that the stage's commands are about; another beside it follows. */
	tells?: Told;
	children?: ComponentChildren;
}

/** Above so many CSS pixels a pixel, single pixels show as such. */
const BLOCKS = 4;

export function Viewer({ pane, place, view, layers, tool, label, tells, children }: Props) {
	const canvas = useRef<HTMLCanvasElement>(null);
	const { drawn, problem, retry } = usePicture(pane, place);
	const size = useSignal<Size>({ width: 0, height: 0 });

	useEffect(() => {
		const element = canvas.current;
		const context = element?.getContext("2d", { alpha: false }) ?? null;
		if (element === null || context === null) return;
		const watch = new ResizeObserver(([entry]) => {
			if (entry === undefined) return;
			const { width, height } = entry.contentRect;
			const [before, frame, laid] = [size.peek(), drawn.peek()?.picture, view.peek()];
			size.value = { width, height };
			if (tells !== undefined && before.width > 0 && frame !== undefined && laid !== null) {
				view.value = resized(laid, frame, before, size.value);
			}
		});
		watch.observe(element);
		const shown = new Shown();
		// How the frame of another study lay says nothing of this one's.
		if (tells !== undefined) view.value = null;
		let frame: Size | null = null;
		const stop = paint(() => {
			const { picture, place: of } = drawn.value ?? { picture: null, place: null };
			const room = size.value;
			const density = devicePixelRatio;
			const width = Math.round(room.width * density);
			const height = Math.round(room.height * density);
			if (element.width !== width) element.width = width;
			if (element.height !== height) element.height = height;
			context.setTransform(1, 0, 0, 1, 0, 0);
			context.clearRect(0, 0, width, height);
			if (tells !== undefined) {
				tells.drawn.value = drawn.value;
				tells.sizes.value = picture === null ? null : { frame: picture, canvas: room };
			}
			if (picture === null || of === null || room.width === 0) return;
			// A frame of another size is laid out anew; the next of a cine stays where the last was.
			const same =
				frame === null || (frame.width === picture.width && frame.height === picture.height);
			frame = picture;
			const laid = (same ? view.value : null) ?? fit(picture, room);
			if (laid !== view.value) view.value = laid;
			transform(context, laid, density);
			context.imageSmoothingEnabled = laid.scale < BLOCKS;
			context.drawImage(shown.draw(picture), 0, 0);
			context.setTransform(density, 0, 0, density, 0, 0);
			const scene = { context, view: laid, density, canvas: room, frame: picture, pane, place: of };
			for (const layer of layers) layer(scene);
		});
		return () => {
			stop();
			watch.disconnect();
		};
	}, [pane, layers]);

	const tap = (press: Press) => {
		const contours = valueIn(pane.shown.peek())?.contours ?? [];
		const hit = noduleAt(contours, press);
		if (hit !== null) pane.selected.value = hit;
	};
	const sizes = () => {
		const frame = drawn.peek()?.picture;
		return frame === undefined ? null : { frame, canvas: size.peek() };
	};
	const showAll = () => {
		const known = sizes();
		if (tool.peek() !== null || known === null) return;
		view.value = fit(known.frame, known.canvas, view.peek() ?? {});
	};
	usePointers(canvas, {
		view,
		tool,
		secondary: windowing,
		sizes,
		tap,
		hover: (at) => {
			pointed.value = at === null ? null : { ...at, pane };
		},
	});

	return (
		<div class="viewer">
			<canvas
				ref={canvas}
				role="img"
				tabIndex={-1}
				aria-label={label}
				style={{ cursor: tool.value?.cursor ?? "grab" }}
				onDblClick={showAll}
			/>
			<Marks
				pane={pane}
				view={view}
				size={size}
				drawn={drawn}
				but={tells === undefined ? null : hidden}
			/>
			{problem.value !== null && (
				<div class="missing" role="alert">
					<p class="problem">
						The frame cannot be shown: {problem.value.message}. What to do: {problem.value.todo}.
					</p>
					<button type="button" onClick={retry}>
						Try again
					</button>
				</div>
			)}
			{children}
		</div>
	);
}
