/** What the viewer draws, from below to above, and what takes its pointers. */
import type { Pane } from "../study/pane";
import type { Point, Size, View } from "./view";

/** Names a frame of an image; frames count from 0. */
export interface Place {
	image: string;
	frame: number;
}

export interface Scene {
	context: CanvasRenderingContext2D;
	view: View;
	/** Canvas pixels a CSS pixel. */
	density: number;
	/** Of the canvas, in CSS pixels. */
	canvas: Size;
	/** Of the frame, in its pixels. */
	frame: Size;
	pane: Pane;
	/** Which frame is drawn. What the pane says may be of the next for a moment. */
	place: Place;
}

/**
 * Draws something over what is there. Whatever signals it reads, it is drawn again when they change.
 * The context's transform is that of the canvas; {@link transform} makes it the frame's.
 */
export type Layer = (scene: Scene) => void;

/** A press of pointer or pen, in pixels of the frame. */
export interface Press extends Point {
	/** CSS pixels a pixel of the frame: how far off counts as hit. */
	scale: number;
	shift: boolean;
	alt: boolean;
	/** The secondary button, or a pen's eraser. */
	secondary: boolean;
}

/** What the primary pointer does while the tool is chosen; without a tool it moves the frame. */
export interface Tool {
	name: string;
	cursor: string;
	down(press: Press): void;
	move?(press: Press, pressed: boolean): void;
	up?(press: Press): void;
	/** Somebody pressed Escape, a second finger came down, or the tool was put away. */
	cancel?(): void;
}
