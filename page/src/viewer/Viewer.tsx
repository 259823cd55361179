/** A canvas with a frame: zoom, pan and whatever layers and the chosen tool make of it. */
import { effect, type Signal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { asProblem, type Problem } from "../api/problem";
import type { Pane } from "../workbench/pane";
import { fetchPicture, frameUrl, type Picture, Shown } from "./frames";
import type { Layer, Press, Tool } from "./scene";
import { fit, type Point, type Size, toFrame, transform, type View, zoom } from "./view";
import "./viewer.css";

interface Props {
	pane: Pane;
	/** Shared by viewers that lie side by side; null until a frame was laid out. */
	view: Signal<View | null>;
	layers: Layer[];
	tool: Signal<Tool | null>;
	label: string;
}

const WHEEL = 0.0015;

export function Viewer({ pane, view, layers, tool, label }: Props) {
	const canvas = useRef<HTMLCanvasElement>(null);
	const picture = useSignal<Picture | null>(null);
	const problem = useSignal<Problem | null>(null);
	const size = useSignal<Size>({ width: 0, height: 0 });
	const url = useComputed(() => {
		const spot = pane.spot.value;
		return spot === null ? null : frameUrl(spot.image, spot.frame);
	});

	useEffect(
		() =>
			effect(() => {
				const wanted = url.value;
				problem.value = null;
				if (wanted === null) {
					picture.value = null;
					return;
				}
				fetchPicture(wanted).then(
					(fetched) => {
						if (url.peek() !== wanted) return;
						const before = picture.peek();
						if (before?.width !== fetched.width || before.height !== fetched.height)
							view.value = null;
						picture.value = fetched;
					},
					(thrown) => {
						if (url.peek() === wanted) problem.value = asProblem(thrown);
					},
				);
			}),
		[pane],
	);

	useEffect(() => {
		const element = canvas.current;
		const context = element?.getContext("2d") ?? null;
		if (element === null || context === null) return;
		const watch = new ResizeObserver(([entry]) => {
			if (entry === undefined) return;
			const { width, height } = entry.contentRect;
			size.value = { width, height };
		});
		watch.observe(element);
		const shown = new Shown();
		// Pointer and wheel events come at most once a frame of the screen, so nothing is drawn that
		// is never seen.
		const stop = effect(() => {
			const frame = picture.value;
			const room = size.value;
			if (frame === null || room.width === 0) {
				context.clearRect(0, 0, element.width, element.height);
				return;
			}
			const laid = view.value ?? fit(frame, room);
			if (view.value === null) {
				view.value = laid;
				return;
			}
			const density = devicePixelRatio;
			const scene = { context, view: laid, density, canvas: room, frame, pane };
			const pixels = shown.draw(frame);
			const width = Math.round(room.width * density);
			const height = Math.round(room.height * density);
			if (element.width !== width) element.width = width;
			if (element.height !== height) element.height = height;
			context.setTransform(1, 0, 0, 1, 0, 0);
			context.clearRect(0, 0, width, height);
			transform(context, laid, density);
			// Single pixels show as such, once they are large.
			context.imageSmoothingEnabled = laid.scale < 4;
			context.drawImage(pixels, 0, 0);
			context.setTransform(density, 0, 0, density, 0, 0);
			for (const layer of layers) layer(scene);
		});
		return () => {
			stop();
			watch.disconnect();
		};
	}, [pane, layers]);

	usePointers(canvas, view, tool);

	return (
		<div class="viewer">
			<canvas ref={canvas} role="img" aria-label={label} />
			{problem.value !== null && (
				<p class="problem" role="alert">
					{problem.value.message}. What to do: {problem.value.todo}.
				</p>
			)}
		</div>
	);
}

/** Wheel and pinch magnify; one finger, or the mouse, does what the tool does, or moves the frame. */
function usePointers(
	canvas: { current: HTMLCanvasElement | null },
	view: Signal<View | null>,
	tool: Signal<Tool | null>,
): void {
	useEffect(() => {
		const element = canvas.current;
		if (element === null) return;
		const fingers = new Map<number, Point>();
		let pressed: "tool" | "pan" | null = null;

		const place = (event: MouseEvent): Point => {
			const box = element.getBoundingClientRect();
			return { x: event.clientX - box.left, y: event.clientY - box.top };
		};
		const press = (event: PointerEvent): Press | null => {
			const laid = view.peek();
			if (laid === null) return null;
			return {
				...toFrame(laid, place(event)),
				scale: laid.scale,
				shift: event.shiftKey,
				alt: event.altKey,
				secondary: (event.buttons & 34) !== 0 || event.button === 2,
			};
		};
		const wheel = (event: WheelEvent) => {
			const laid = view.peek();
			if (laid === null) return;
			event.preventDefault();
			view.value = zoom(laid, Math.exp(-WHEEL * event.deltaY), place(event));
		};
		const down = (event: PointerEvent) => {
			const at = press(event);
			if (at === null) return;
			element.setPointerCapture(event.pointerId);
			fingers.set(event.pointerId, place(event));
			if (fingers.size > 1) {
				if (pressed === "tool") tool.peek()?.cancel?.();
				pressed = "pan";
			} else if (tool.peek() === null || event.button === 1) pressed = "pan";
			else {
				pressed = "tool";
				tool.peek()?.down(at);
			}
		};
		const move = (event: PointerEvent) => {
			const at = press(event);
			const laid = view.peek();
			if (at === null || laid === null) return;
			const before = fingers.get(event.pointerId);
			if (before === undefined || pressed === "tool") {
				tool.peek()?.move?.(at, pressed === "tool");
				return;
			}
			const now = place(event);
			const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, p]) => p);
			fingers.set(event.pointerId, now);
			if (other === undefined) {
				view.value = { ...laid, x: laid.x + now.x - before.x, y: laid.y + now.y - before.y };
				return;
			}
			const distance = (p: Point) => Math.hypot(p.x - other.x, p.y - other.y) || 1;
			view.value = zoom(laid, distance(now) / distance(before), other);
		};
		const up = (event: PointerEvent) => {
			const at = press(event);
			fingers.delete(event.pointerId);
			if (pressed === "tool" && at !== null) {
				if (event.type === "pointercancel") tool.peek()?.cancel?.();
				else tool.peek()?.up?.(at);
			}
			if (fingers.size === 0) pressed = null;
		};
		const menu = (event: Event) => event.preventDefault();

		const listened = {
			wheel,
			pointerdown: down,
			pointermove: move,
			pointerup: up,
			pointercancel: up,
			contextmenu: menu,
		};
		for (const [name, listener] of Object.entries(listened)) {
			element.addEventListener(name, listener as EventListener, { passive: false });
		}
		return () => {
			for (const [name, listener] of Object.entries(listened)) {
				element.removeEventListener(name, listener as EventListener);
			}
		};
	}, []);
}
