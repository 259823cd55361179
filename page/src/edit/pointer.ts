/** Where the pointer is over the frame, for what is drawn around it. */
import { signal } from "@preact/signals";
import type { Point } from "../viewer/view";

/** In pixels of the frame; null if it is elsewhere. */
export const pointer = signal<Point | null>(null);

addEventListener("pointermove", ({ target }) => {
	if (!(target instanceof HTMLCanvasElement)) pointer.value = null;
});
