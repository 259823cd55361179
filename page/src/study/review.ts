/** The verdict on a whole analysis, which every correction opens again. */
import { effect } from "@preact/signals";
import { ask } from "../api/client";
import { asProblem } from "../api/problem";
import type { Analysis, Review } from "../api/types";
import { valueIn } from "../app/loaded";
import { complain, say } from "../app/say";
import { authorNow } from "./author";
import { analysis, pane, reload, update } from "./session";

const DONE: Record<Review, string> = {
	accepted: "The analysis is accepted: its results can be taken out",
	rejected: "The analysis is rejected",
	open: "The analysis is open again",
};

/** Store a verdict on an analysis, and say what became of it. */
export async function review(of: Analysis, verdict: Review): Promise<void> {
	try {
		const newer = await ask("put", "/api/analyses/{analysis}/review", {
			path: { analysis: of.id },
			body: { base: of.review_version, review: verdict, author: authorNow() },
		});
		update(newer);
		say(DONE[verdict]);
	} catch (thrown) {
		const problem = asProblem(thrown);
		if (problem.status !== 409) {
			complain(problem);
			return;
		}
		await Promise.all([reload(), pane.reload()]);
		say(
			"The analysis was corrected or reviewed meanwhile; how it stands is shown now",
			"look at it, and give the verdict again",
		);
	}
}

/** The frame that was shown, and its version. */
let seen: { frame: string; version: number } | null = null;

// A correction opens its analysis again, on the server; the page must know, or it would go on
// showing a verdict that no longer holds.
effect(() => {
	const state = valueIn(pane.shown.value)?.state;
	if (state === undefined) return;
	const { finding, version } = state;
	// Not the pane's spot, which is ahead while the next frame is on its way.
	const frame = `${finding.frame} ${finding.source}`;
	const before = seen;
	seen = { frame, version };
	if (before?.frame === frame && before.version !== version) void refresh();
});

async function refresh(): Promise<void> {
	const one = analysis.peek();
	if (one === null) return;
	try {
		const newer = await ask("get", "/api/analyses/{analysis}", { path: { analysis: one.id } });
		update(newer);
		if (one.review !== "open" && newer.review === "open") {
			say(`The analysis was ${one.review}; after this correction it is open again`);
		}
	} catch {
		// The next answer of the server says the same: a verdict of an old version is refused.
	}
}
