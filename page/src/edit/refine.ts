/** What the server makes of a draft: outlined anew by clicks, rounded off, holes closed. */
import { signal } from "@preact/signals";
import { ask } from "../api/client";
import { asProblem } from "../api/problem";
import { complain, say } from "../app/say";
import { put, stand, subject } from "./drafting";
import type { Click, Stand } from "./kept";
import type { Ring } from "./rings";

/** Milliseconds that the server took for the last one; null before. */
export const milliseconds = signal<number | null>(null);
export const isRefining = signal(false);
let turn = 0;

/** Round the draft off, or close its holes. */
export function refine(operation: "smooth" | "fill"): Promise<void> {
	const before = stand.peek();
	if (before === null || before.rings.length === 0) return Promise.resolve();
	return request(before, { operation, rings: before.rings }, (rings) => ({
		rings,
		clicks: [],
		before: rings,
		tool: operation,
	}));
}

/** Outline anew so that all clicks are on their sides, from what there was before the first. */
export function heed(clicks: Click[]): Promise<void> {
	const before = stand.peek();
	if (before === null) return Promise.resolve();
	const begin = before.before;
	const after = (rings: Ring[]): Stand => ({ rings, clicks, before: begin, tool: "clicks" });
	if (clicks.length === 0) {
		put(after(begin));
		return Promise.resolve();
	}
	const points = (inside: boolean) =>
		clicks.filter((one) => one.inside === inside).map(({ x, y }): [number, number] => [x, y]);
	const body = { positive: points(true), negative: points(false) };
	const rings = begin.length > 0 ? begin : null;
	return request(before, { operation: "clicks", rings, ...body }, after);
}

interface Wanted {
	operation: "clicks" | "smooth" | "fill";
	rings: Ring[] | null;
	positive?: [number, number][];
	negative?: [number, number][];
}

async function request(
	before: Stand,
	wanted: Wanted,
	after: (rings: Ring[]) => Stand,
): Promise<void> {
	const of = subject.peek();
	if (of === null) return;
	const mine = ++turn;
	isRefining.value = true;
	try {
		const found = await ask(
			"post",
			"/api/analyses/{analysis}/images/{image}/frames/{frame}/refine",
			{ path: { ...of.spot }, body: { radius: 3, ...wanted } },
		);
		// Of answers that cross each other, or a draft that went on meanwhile, the newer counts.
		if (mine !== turn || stand.peek() !== before || subject.peek() !== of) return;
		milliseconds.value = found.milliseconds;
		put(after(found.rings as Ring[]));
	} catch (thrown) {
		if (mine !== turn) return;
		if (wanted.rings === null && asProblem(thrown).status === 422) {
			say("The model sees no nodule near this click", "outline it roughly; clicks then refine it");
		} else complain(thrown);
	} finally {
		if (mine === turn) isRefining.value = false;
	}
}
