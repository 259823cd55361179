/** The picture of the frame that is to be seen. */
import { effect, type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, type Problem } from "../api/problem";
import type { Pane } from "../study/pane";
import { fetchPicture, frameUrl } from "./frames";
import type { Picture } from "./picture";
import type { Place } from "./scene";
import { isAbout } from "./shown";

export interface Drawn {
	picture: Picture;
	place: Place;
}

/** So long a frame waits for its outlines, in milliseconds: with them, nothing flickers. */
const PATIENCE = 60;

/** Settle once a pane says something of a frame, or soon. */
function settled(pane: Pane, place: Place): Promise<void> {
	return new Promise((done) => {
		const timer = setTimeout(() => finish(), PATIENCE);
		const stop = effect(() => {
			if (isAbout(pane.shown.value, place)) queueMicrotask(() => finish());
		});
		const finish = () => {
			clearTimeout(timer);
			stop();
			done();
		};
	});
}

export function usePicture(pane: Pane, place: ReadonlySignal<Place | null>) {
	const drawn = useSignal<Drawn | null>(null);
	const problem = useSignal<Problem | null>(null);
	const tries = useSignal(0);
	useEffect(() => {
		let asked = 0;
		let shown = 0;
		const load = async (wanted: Place, turn: number) => {
			try {
				const picture = await fetchPicture(frameUrl(wanted.image, wanted.frame));
				await settled(pane, wanted);
				// While somebody drags along the frames, each that comes is shown, though the next was
				// asked for; none after a later one.
				if (turn < shown || place.peek()?.image !== wanted.image) return;
				shown = turn;
				drawn.value = { picture, place: wanted };
				problem.value = null;
			} catch (thrown) {
				if (turn === asked) problem.value = asProblem(thrown);
			}
		};
		const stop = effect(() => {
			tries.value;
			const wanted = place.value;
			if (wanted === null) drawn.value = null;
			else void load(wanted, ++asked);
		});
		return () => {
			stop();
			shown = Number.POSITIVE_INFINITY;
		};
	}, [pane, place]);
	const retry = () => {
		problem.value = null;
		tries.value++;
	};
	return { drawn, problem, retry };
}
