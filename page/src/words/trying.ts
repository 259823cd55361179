/** Words tried on the frame while they are typed; only the newest answer counts. */
import { computed, effect, signal, untracked } from "@preact/signals";
import { ask } from "../api/client";
import { asProblem } from "../api/problem";
import type { Model, Tried } from "../api/types";
import { EMPTY, LOADING, type Loaded, ready, valueIn } from "../app/loaded";
import { isSame, type Spot } from "../study/pane";
import { pane } from "../study/session";

/** Milliseconds without a key after which words are tried. */
export const PAUSE = 300;

/** As typed. */
export const words = signal("");
/** What the newest words that were tried do to the frame. */
export const tried = signal<Loaded<Tried>>(EMPTY);
/** Whether newer words are on their way, while the answer to older ones is still shown. */
export const isTrying = signal(false);
/** Whether both outlines lie over the frame. */
export const isOverlaid = signal(true);
export const models = signal<Model[]>([]);

/** Frame that words can be tried on: one with a result. */
const spot = computed<Spot | null>(() => {
	const shown = valueIn(pane.shown.value);
	if (shown === null || shown.state.finding.error != null) return null;
	return isSame(shown.spot, pane.spot.value) ? shown.spot : null;
});

/** The segmenter of what is shown; null until the models are known. */
export const segmenter = computed<Model | null>(() => {
	const named = valueIn(pane.shown.value)?.state.finding.models?.map((one) => one.name) ?? [];
	return (
		models.value.find((one) => one.task === "segmentation" && named.includes(one.name)) ?? null
	);
});

let turn = 0;
/** The frame of the last words that were tried. */
let asked: string | null = null;

/** The frame as text, so that a newer version of the same frame tries nothing anew. */
const where = computed(() => (spot.value === null ? null : JSON.stringify(spot.value)));

effect(() => {
	const text = words.value.trim();
	const place = where.value;
	const mine = ++turn;
	if (text === "" || place === null) {
		isTrying.value = false;
		tried.value = EMPTY;
		return;
	}
	untracked(() => {
		isTrying.value = true;
		isOverlaid.value = true;
		if (asked !== place) tried.value = LOADING;
	});
	asked = place;
	const timer = setTimeout(() => void request(text, JSON.parse(place), mine), PAUSE);
	return () => clearTimeout(timer);
});

async function request(text: string, path: Spot, mine: number): Promise<void> {
	let answer: Loaded<Tried>;
	try {
		const url = "/api/analyses/{analysis}/images/{image}/frames/{frame}/try";
		answer = ready(await ask("post", url, { path: { ...path }, body: { text } }));
	} catch (thrown) {
		answer = { state: "failed", problem: asProblem(thrown) };
	}
	if (mine !== turn) return;
	tried.value = answer;
	isTrying.value = false;
}

/** Try the same words again, after a failure. */
export function again(): void {
	const text = words.peek().trim();
	const place = spot.peek();
	if (text === "" || place === null) return;
	isTrying.value = true;
	void request(text, place, ++turn);
}

/** Learn which models read words. */
export async function loadModels(): Promise<void> {
	if (models.peek().length > 0) return;
	try {
		models.value = await ask("get", "/api/models", {});
	} catch {
		// What a model does with words stands in the notes of each answer, too.
	}
}
