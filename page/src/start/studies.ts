/** The list of studies, page by page; it stays while a study is open, so that it is there at once. */
import { signal } from "@preact/signals";
import { ask } from "../api/client";
import { asProblem } from "../api/problem";
import type { Study } from "../api/types";
import { EMPTY, LOADING, type Loaded, ready, valueIn } from "../app/loaded";
import { complain } from "../app/say";
import { ANY, isNarrowed, type Wanted } from "./standing";

const PAGE = 50;
/** The most that the server gives at once. */
const MOST = 200;

export interface List {
	studies: Study[];
	/** Of all, on the server. */
	total: number;
	/** Where the next page begins; null at the end. */
	next: number | null;
}

export const list = signal<Loaded<List>>(EMPTY);
export const wanted = signal<Wanted>(ANY);
/** Whether more is on its way. */
export const isGrowing = signal(false);
let turn = 0;

/** Load what is shown of the list anew. */
export async function load(): Promise<void> {
	const mine = ++turn;
	const known = valueIn(list.peek());
	if (known === null) list.value = LOADING;
	try {
		const found = await fetchList(Math.max(PAGE, known?.studies.length ?? 0));
		if (mine === turn) list.value = ready(found);
	} catch (thrown) {
		if (mine === turn) list.value = { state: "failed", problem: asProblem(thrown) };
	}
}

/** Return at least so many studies, from the newest, if there are so many. */
async function fetchList(least: number): Promise<List> {
	const studies: Study[] = [];
	for (let offset = 0; ; ) {
		const limit = Math.min(MOST, Math.max(1, least - studies.length));
		const page = await ask("get", "/api/studies", { query: { offset, limit } });
		studies.push(...page.studies);
		if (page.next === null || studies.length >= least) {
			return { studies, total: page.total, next: page.next };
		}
		offset = page.next;
	}
}

/** Load a page more; all of them while something is searched for. */
export async function more(): Promise<void> {
	if (isGrowing.peek()) return;
	isGrowing.value = true;
	try {
		for (;;) {
			const known = valueIn(list.peek());
			if (known === null || known.next === null) return;
			const mine = turn;
			const limit = isNarrowed(wanted.peek()) ? MOST : PAGE;
			const page = await ask("get", "/api/studies", { query: { offset: known.next, limit } });
			// The list was loaded anew meanwhile: what this page begins with is no longer sure.
			if (mine === turn) list.value = ready(joined(known, page));
			if (!isNarrowed(wanted.peek())) return;
		}
	} catch (thrown) {
		complain(thrown);
	} finally {
		isGrowing.value = false;
	}
}

/** Append a page; what came new meanwhile moves the others, which are then in both. */
export function joined(known: List, page: List): List {
	const ids = new Set(known.studies.map((one) => one.id));
	const added = page.studies.filter((one) => !ids.has(one.id));
	return { ...page, studies: [...known.studies, ...added] };
}

/** Take a study in that was uploaded a moment ago. */
export function add(study: Study): void {
	const known = valueIn(list.peek());
	if (known === null) return;
	const { studies, total, next } = known;
	const moved = next === null ? null : next + 1;
	list.value = ready({ studies: [study, ...studies], total: total + 1, next: moved });
}
