/** How a frame is laid on the screen: scale, place, mirrored or not. Pure arithmetic. */

export interface Point {
	x: number;
	y: number;
}

export interface View {
	/** CSS pixels a pixel of the frame. */
	scale: number;
	/** Where the frame's corner (0, 0) lies, in CSS pixels of the canvas. */
	x: number;
	y: number;
	flipX: boolean;
	flipY: boolean;
}

export interface Size {
	width: number;
	height: number;
}

/** Smallest and greatest magnification. */
export const SCALES = [0.1, 32] as const;

/** Return the view in which a frame fills a canvas as far as it goes, in the middle. */
export function fit(frame: Size, canvas: Size, flips: Partial<View> = {}): View {
	const scale = Math.min(canvas.width / frame.width, canvas.height / frame.height) || 1;
	const { flipX = false, flipY = false } = flips;
	return {
		scale,
		x: (canvas.width - (flipX ? -1 : 1) * scale * frame.width) / 2,
		y: (canvas.height - (flipY ? -1 : 1) * scale * frame.height) / 2,
		flipX,
		flipY,
	};
}

/** Return a point of the frame (a pixel's centre has whole coordinates) on the canvas. */
export function toCanvas(view: View, { x, y }: Point): Point {
	return {
		x: view.x + (view.flipX ? -1 : 1) * view.scale * (x + 0.5),
		y: view.y + (view.flipY ? -1 : 1) * view.scale * (y + 0.5),
	};
}

/** The reverse of {@link toCanvas}. */
export function toFrame(view: View, { x, y }: Point): Point {
	return {
		x: ((view.flipX ? -1 : 1) * (x - view.x)) / view.scale - 0.5,
		y: ((view.flipY ? -1 : 1) * (y - view.y)) / view.scale - 0.5,
	};
}

/** Magnify by a factor about a point of the canvas, which stays where it is. */
export function zoom(view: View, factor: number, about: Point): View {
	const scale = Math.min(Math.max(view.scale * factor, SCALES[0]), SCALES[1]);
	const by = scale / view.scale;
	return {
		...view,
		scale,
		x: about.x + by * (view.x - about.x),
		y: about.y + by * (view.y - about.y),
	};
}

/** Move a frame over the canvas. */
export const pan = (view: View, by: Point): View => ({
	...view,
	x: view.x + by.x,
	y: view.y + by.y,
});

/** Follow two fingers: magnify as they part, move as their middle does. */
export function pinch(view: View, before: [Point, Point], after: [Point, Point]): View {
	const apart = ([a, b]: [Point, Point]) => Math.hypot(a.x - b.x, a.y - b.y) || 1;
	const middle = ([a, b]: [Point, Point]) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
	const [from, to] = [middle(before), middle(after)];
	const moved = pan(view, { x: to.x - from.x, y: to.y - from.y });
	return zoom(moved, apart(after) / apart(before), to);
}

/** Magnify to a scale about the middle of a canvas. */
export const zoomTo = (view: View, scale: number, canvas: Size): View =>
	zoom(view, scale / view.scale, { x: canvas.width / 2, y: canvas.height / 2 });

/** So many CSS pixels of a frame stay in sight, or it would have to be searched for. */
const IN_SIGHT = 48;

/** Return the view nearest to one in which some of the frame can be seen. */
export function inSight(view: View, frame: Size, canvas: Size): View {
	const along = (at: number, flipped: boolean, size: number, room: number) => {
		const length = view.scale * size;
		const start = flipped ? at - length : at;
		const least = Math.min(IN_SIGHT, length);
		const kept = Math.min(Math.max(start, least - length), room - least);
		return flipped ? kept + length : kept;
	};
	return {
		...view,
		x: along(view.x, view.flipX, frame.width, canvas.width),
		y: along(view.y, view.flipY, frame.height, canvas.height),
	};
}

/** Whether a frame fills the canvas as {@link fit} lays it. */
export function isFit(view: View, frame: Size, canvas: Size): boolean {
	const best = fit(frame, canvas, view);
	return (["scale", "x", "y"] as const).every((name) => Math.abs(view[name] - best[name]) < 0.01);
}

/** Return the view after the canvas has changed its size: what was in its middle stays there. */
export function resized(view: View, frame: Size, before: Size, after: Size): View {
	if (isFit(view, frame, before)) return fit(frame, after, view);
	const by = { x: (after.width - before.width) / 2, y: (after.height - before.height) / 2 };
	return inSight(pan(view, by), frame, after);
}

/** Mirror about the middle of a canvas. */
export function flip(view: View, axis: "x" | "y", canvas: Size): View {
	return axis === "x"
		? { ...view, flipX: !view.flipX, x: canvas.width - view.x }
		: { ...view, flipY: !view.flipY, y: canvas.height - view.y };
}

/** Set a canvas up so that what is drawn is in pixels of the frame, corners whole. */
export function transform(context: CanvasRenderingContext2D, view: View, density: number): void {
	const sx = (view.flipX ? -1 : 1) * view.scale * density;
	const sy = (view.flipY ? -1 : 1) * view.scale * density;
	context.setTransform(sx, 0, 0, sy, view.x * density, view.y * density);
}
