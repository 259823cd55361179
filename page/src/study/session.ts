/** The open study: which of its images and analyses is looked at, and how far they are. */
import { computed, effect, signal } from "@preact/signals";
import { ask } from "../api/client";
import { asProblem } from "../api/problem";
import type { Analysis, Image, Study } from "../api/types";
import { look, returns } from "../app/connection";
import { whenOld } from "../app/fresh";
import { EMPTY, LOADING, type Loaded, ready, valueIn } from "../app/loaded";
import { go, place } from "../app/route";
import { complain } from "../app/say";
import { Pane } from "./pane";

export const study = signal<Loaded<Study>>(EMPTY);
/** What is looked at. */
export const pane = new Pane();

export const analysis = computed<Analysis | null>(() => {
	const all = valueIn(study.value)?.analyses ?? [];
	return all.find((one) => one.id === place.value.analysis) ?? all[0] ?? null;
});

export const image = computed<Image | null>(() => {
	const all = valueIn(study.value)?.images ?? [];
	return all.find((one) => one.id === place.value.image) ?? all[0] ?? null;
});

/** Frame that is looked at; frames count from 0. */
export const frame = computed(() => Math.min(place.value.frame, (image.value?.frames ?? 1) - 1));

/**
 * Whether there is something to see of the image's frames: images are analyzed one after the other,
 * and the findings of all of an image's frames come together.
 */
export const isAnalyzed = computed(() => {
	const number = valueIn(study.value)?.images.findIndex((one) => one.id === image.value?.id) ?? -1;
	return number >= 0 && number < (analysis.value?.images_done ?? 0);
});

/** Load the study anew: after a review, an analysis, an answer 409. */
export async function reload(): Promise<void> {
	const id = place.peek().study;
	if (id === null) return;
	try {
		const found = await ask("get", "/api/studies/{study}", { path: { study: id } });
		if (place.peek().study === id) study.value = ready(found);
	} catch (thrown) {
		if (place.peek().study !== id) return;
		const problem = asProblem(thrown);
		// What is drawn and not stored yet must not go with the study, unless that is gone itself.
		if (valueIn(study.peek()) !== null && problem.status !== 404) complain(problem);
		else study.value = { state: "failed", problem };
	}
}

/** Go to a study that is known already. */
export function open(known: Study): void {
	study.value = ready(known);
	go({ study: known.id });
}

/** Put an analysis's newer state in the place of the older. */
export function update(newer: Analysis): void {
	const found = valueIn(study.peek());
	if (found === null || found.id !== newer.study) return;
	const known = found.analyses.some((one) => one.id === newer.id);
	const analyses = known
		? found.analyses.map((one) => (one.id === newer.id ? newer : one))
		: [newer, ...found.analyses];
	study.value = ready({ ...found, analyses });
}

export const showImage = (id: string): void => go({ image: id, frame: 0 });
export const showFrame = (number: number): void => go({ frame: number });
export const showAnalysis = (id: string): void => go({ analysis: id });

effect(() => {
	const id = place.value.study;
	if (id === null) study.value = EMPTY;
	else if (valueIn(study.peek())?.id !== id) {
		study.value = LOADING;
		void reload();
	}
});

/** The frame that the pane is to show, as text, so that nothing is loaded twice. */
const wanted = computed(() => {
	const [by, of] = [analysis.value, image.value];
	if (by === null || of === null || !isAnalyzed.value) return null;
	return JSON.stringify({ analysis: by.id, image: of.id, frame: frame.value });
});
effect(() => {
	void pane.show(wanted.value === null ? null : JSON.parse(wanted.value));
});

/** Follow an analysis that is waiting or being done. */
const followed = computed(() => {
	const one = analysis.value;
	return one !== null && (one.state === "queued" || one.state === "running") ? one.id : null;
});
effect(() => {
	const id = followed.value;
	if (id === null) return;
	// A stream that broke while the server was away is not always taken up by the browser.
	void returns.value;
	const source = new EventSource(`/api/analyses/${id}/events`);
	source.addEventListener("progress", (event) => update(JSON.parse(event.data)));
	source.addEventListener("error", () => void look());
	return () => source.close();
});

whenOld(() => {
	void reload();
	void pane.reload();
});
