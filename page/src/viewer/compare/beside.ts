/** The other analysis, beside the one that is looked at. */
import { computed, effect, signal } from "@preact/signals";
import type { Analysis } from "../../api/types";
import { valueIn } from "../../app/loaded";
import { Pane } from "../../study/pane";
import { analysis, study, update } from "../../study/session";
import { place } from "../stage";

/** Its id; null where there is none. */
export const beside = signal<string | null>(null);
export const other = new Pane();

export const besideAnalysis = computed<Analysis | null>(() => {
	const id = beside.value;
	if (id === null || id === analysis.value?.id) return null;
	return valueIn(study.value)?.analyses.find((one) => one.id === id) ?? null;
});

/** Images are analyzed one after the other; the findings of all frames of one come together. */
const wanted = computed(() => {
	const [by, at] = [besideAnalysis.value, place.value];
	const images = valueIn(study.value)?.images ?? [];
	const number = images.findIndex((one) => one.id === at?.image);
	if (by === null || number < 0 || number >= by.images_done) return null;
	return JSON.stringify({ analysis: by.id, ...at });
});
effect(() => {
	void other.show(wanted.value === null ? null : JSON.parse(wanted.value));
});

/** The session follows what is looked at; this follows what lies beside it. */
const followed = computed(() => {
	const one = besideAnalysis.value;
	return one !== null && (one.state === "queued" || one.state === "running") ? one.id : null;
});
effect(() => {
	const id = followed.value;
	if (id === null) return;
	const source = new EventSource(`/api/analyses/${id}/events`);
	source.addEventListener("progress", (event) => update(JSON.parse(event.data)));
	return () => source.close();
});
