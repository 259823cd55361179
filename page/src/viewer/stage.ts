/** What all of the stage share: which frame it is, how it lies, and what the pointer does. */
import { computed, signal } from "@preact/signals";
import type { Pane } from "../study/pane";
import { frame, image } from "../study/session";
import type { Place, Tool } from "./scene";
import type { Drawn } from "./usePicture";
import type { Point, Size, View } from "./view";

/** Null until a frame is laid out anew, as far as it goes. */
export const view = signal<View | null>(null);

/** Null: the pointer moves the frame. */
export const tool = signal<Tool | null>(null);

/** What the viewer has to draw; null before there is a frame. */
export const sizes = signal<{ frame: Size; canvas: Size } | null>(null);

/** The picture that is drawn, and of which frame it is. */
export const drawn = signal<Drawn | null>(null);

/** Where the pointer hovers, in pixels of the frame, and over which pane. */
export const pointed = signal<(Point & { pane: Pane }) | null>(null);

const known = computed(() =>
	image.value === null ? null : JSON.stringify({ image: image.value.id, frame: frame.value }),
);
/** The frame that is looked at, by every pane; null where there is none. */
export const place = computed<Place | null>(() =>
	known.value === null ? null : JSON.parse(known.value),
);

/** Take up a tool, or none, and put the one before away. */
export function take(next: Tool | null): void {
	if (tool.peek() === next) return;
	tool.peek()?.cancel?.();
	tool.value = next;
}
