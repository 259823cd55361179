/** Drawing at most once a frame of the screen, whatever number of signals changed. */
import { effect, signal } from "@preact/signals";

/**
 * Draw now, and again before the screen's next frame whenever a signal that was read has changed.
 *
 * @returns what stops it.
 */
export function paint(draw: () => void): () => void {
	const turn = signal(0);
	let isDue = true;
	let waiting = 0;
	const stop = effect(() => {
		turn.value;
		if (isDue) {
			isDue = false;
			draw();
			return;
		}
		// Nothing else is read here, so nothing else wakes this effect until it has drawn.
		waiting = requestAnimationFrame(() => {
			isDue = true;
			turn.value++;
		});
	});
	return () => {
		cancelAnimationFrame(waiting);
		stop();
	};
}
