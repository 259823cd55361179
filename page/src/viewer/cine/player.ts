/** Playing a cine: one frame after the other, each once it can be seen. */
import { computed, effect, signal } from "@preact/signals";
import { frame, image, showFrame } from "../../study/session";
import { fetchPicture, frameUrl } from "../frames";
import { drawn, place } from "../stage";

export const SPEEDS = [2, 5, 10, 15, 25];
/** Frames a second. */
export const speed = signal(10);
export const isPlaying = signal(false);
const frames = computed(() => image.value?.frames ?? 1);

/** Return the frame so many further, round about. */
export const further = (frame: number, by: number, frames: number): number =>
	(((frame + by) % frames) + frames) % frames;

export const toggle = (): void => {
	isPlaying.value = !isPlaying.value;
};

/** Go to a frame by hand: playing ends. */
export function goTo(number: number): void {
	isPlaying.value = false;
	showFrame(Math.min(Math.max(number, 0), frames.peek() - 1));
}

/** Go on to the next frame, unless the one before is still on its way. */
function tick(): void {
	const [seen, wanted] = [drawn.peek()?.place, place.peek()];
	if (seen?.frame === wanted?.frame) showFrame(further(frame.peek(), 1, frames.peek()));
}

effect(() => {
	if (!isPlaying.value) return;
	if (frames.value < 2) {
		isPlaying.value = false;
		return;
	}
	const timer = setInterval(tick, 1000 / speed.value);
	return () => clearInterval(timer);
});

const AHEAD = 8;
const BEHIND = 2;

/** Return the frames that are likely to be looked at next, the likeliest first. */
export function neighbours(frame: number, frames: number): number[] {
	const steps = [
		...Array.from({ length: AHEAD }, (_, i) => i + 1),
		...Array.from({ length: BEHIND }, (_, i) => -i - 1),
	];
	return [...new Set(steps.map((by) => further(frame, by, frames)))].filter((one) => one !== frame);
}

/** Fetch what comes next, one after the other, so that what is looked at comes first. */
effect(() => {
	const seen = drawn.value?.place;
	const count = frames.value;
	if (seen === undefined || count < 2) return;
	let goesOn = true;
	const fetchAll = async () => {
		for (const next of neighbours(seen.frame, count)) {
			if (!goesOn) return;
			// That a frame is missing is said once somebody goes there.
			await fetchPicture(frameUrl(seen.image, next)).catch(() => {});
		}
	};
	void fetchAll();
	return () => {
		goesOn = false;
	};
});
