/** The nodule that the panel is about, and what a person said of it. */
import { computed } from "@preact/signals";
import type { ByUser } from "../api/types";
import { valueIn } from "../app/loaded";
import { pane } from "../study/session";
import { step } from "../study/step";

const NOTHING: ByUser = { verdict: "open" };

export const shown = computed(() => valueIn(pane.shown.value));

export const chosen = computed(() => {
	const state = shown.value?.state;
	const nodule = state?.finding.nodules?.find((one) => one.id === pane.selected.value);
	if (state === undefined || nodule === undefined) return null;
	return { nodule, said: state.by_user[nodule.id] ?? NOTHING };
});

/** Choose the next nodule of the frame, or the one before. */
export function stepNodule(by: 1 | -1): void {
	const ids = shown.peek()?.state.finding.nodules?.map((one) => one.id) ?? [];
	pane.selected.value = step(ids, pane.selected.peek(), by);
}
