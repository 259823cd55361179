/** The open report: what is stored of it, what is being written, what the server can do. */
import { signal } from "@preact/signals";
import { ask } from "../api/client";
import { asProblem } from "../api/problem";
import type { Health, Reported } from "../api/types";
import { LOADING, type Loaded, ready, valueIn } from "../app/loaded";
import { complain, say } from "../app/say";
import { authorNow } from "../study/author";
import { type Draft, keep, kept, write as written } from "./draft";

export const report = signal<Loaded<Reported>>(LOADING);
export const draft = signal<Draft | null>(null);
export const health = signal<Health | null>(null);

const PATH = "/api/analyses/{analysis}/report";
let opened: string | null = null;

/** Load an analysis's report, and what was being written of it. */
export async function load(analysis: string): Promise<void> {
	if (opened !== analysis) {
		opened = analysis;
		report.value = LOADING;
		draft.value = kept(analysis);
	}
	try {
		const [found, server] = await Promise.all([
			ask("get", PATH, { path: { analysis } }),
			ask("get", "/api/health", {}),
		]);
		if (opened !== analysis) return;
		report.value = ready(found);
		health.value = server;
		// What is stored already is no longer a draft.
		if (draft.value?.text === found.text) put(analysis, null);
	} catch (thrown) {
		const problem = asProblem(thrown);
		// What is there stays: somebody may be writing in it.
		if (opened !== analysis) return;
		if (report.peek().state === "ready") complain(problem);
		else report.value = { state: "failed", problem };
	}
}

function put(analysis: string, next: Draft | null): void {
	draft.value = next;
	keep(analysis, next);
}

export function write(analysis: string, text: string): void {
	const stored = valueIn(report.peek());
	if (stored !== null) put(analysis, written(text, draft.peek(), stored));
}

/** Give up what was being written. */
export const discard = (analysis: string): void => put(analysis, null);

/**
 * Store the text as it is written; null: as it is generated.
 *
 * Where somebody else stored one meanwhile, nothing is lost: the draft stays, and is from now on a
 * change of theirs.
 */
export async function store(analysis: string, text: string | null): Promise<void> {
	const stored = valueIn(report.peek());
	if (stored === null) return;
	try {
		const newer = await ask("put", PATH, {
			path: { analysis },
			body: { base: stored.version, text, author: authorNow() },
		});
		if (opened !== analysis) return;
		report.value = ready(newer);
		// What was written while it was being stored is still to be stored.
		const now = draft.peek();
		put(
			analysis,
			text === null || now === null || now.text === text
				? null
				: { base: newer.version, text: now.text },
		);
		say(text === null ? "The report is generated again" : "The report's text is stored");
	} catch (thrown) {
		const problem = asProblem(thrown);
		if (problem.status !== 409) {
			complain(problem);
			return;
		}
		await load(analysis);
		say(
			"Somebody else stored another text of this report meanwhile; yours is kept here",
			"store yours again to put it in place of theirs, or discard yours to see theirs",
		);
	}
}
