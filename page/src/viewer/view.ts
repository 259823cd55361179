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
