/** The frame's pixels, and grey values of a window. */
import { computed, signal } from "@preact/signals";

/** A window of grey values: what lies below it is black, above it white; 0 to 255. */
export interface Window {
	level: number;
	width: number;
}

export const WHOLE: Window = { level: 127.5, width: 255 };
export const grey = signal<Window>(WHOLE);

/** The shown grey value of each stored one. */
export const table = computed(() => tableOf(grey.value));

/** Return the 256 shown values of a window. */
export function tableOf({ level, width }: Window): Uint8ClampedArray {
	const shown = new Uint8ClampedArray(256);
	for (let value = 0; value < 256; value++) {
		shown[value] = ((value - level) / width + 0.5) * 255;
	}
	return shown;
}
