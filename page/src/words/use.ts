/** What can be done with words that were tried. */

import type { Action, Nodule } from "../api/types";
import { valueIn } from "../app/loaded";
import { offerBack } from "../edit/undone";
import { analyze } from "../study/queue";
import { analysis, pane } from "../study/session";
import { isOverlaid } from "./trying";

/** Store an outline in the place of a nodule's, or with null as a new nodule. */
export async function useOutline(rings: Nodule["contour"], nodule: number | null): Promise<void> {
	const before = valueIn(pane.shown.peek());
	if (before === null) return;
	const change: Action =
		nodule === null ? { action: "add", rings } : { action: "outline", nodule, rings };
	if (!(await pane.change(change, "words"))) return;
	isOverlaid.value = false;
	if (nodule !== null) pane.selected.value = nodule;
	const text =
		nodule === null ? "Nodule added" : `Outline of nodule ${pane.numberOf(nodule)} replaced`;
	offerBack({ text, spot: before.spot, version: before.state.version });
}

/** Analyze all of the study with words, otherwise as before. */
export async function analyzeWith(text: string): Promise<void> {
	const one = analysis.peek();
	if (one === null) return;
	await analyze(
		one.study,
		{ ...one.asked, text },
		"The study is being analyzed with these words; the earlier analysis stays",
	);
}
