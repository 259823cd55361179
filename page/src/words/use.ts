/** What can be done with words that were tried. */

import { ask } from "../api/client";
import type { Action, Asked, Nodule } from "../api/types";
import { valueIn } from "../app/loaded";
import { complain, say } from "../app/say";
import { offerBack } from "../edit/undone";
import { analysis, pane, showAnalysis, update } from "../workbench/session";
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
	const text = nodule === null ? "Nodule added" : `Outline of nodule ${nodule} replaced`;
	offerBack({ text, spot: before.spot, version: before.state.version });
}

/** Analyze all of the study with words, otherwise as before. */
export async function analyzeWith(text: string): Promise<void> {
	const one = analysis.peek();
	if (one === null) return;
	const body: Asked = { ...one.asked, text };
	try {
		const queued = await ask("post", "/api/studies/{study}/analyses", {
			path: { study: one.study },
			body,
		});
		update(queued);
		showAnalysis(queued.id);
		say("The study is being analyzed with these words; the earlier analysis stays");
	} catch (thrown) {
		complain(thrown);
	}
}
