/** Outlines that are not stored yet: they outlive a reload, and a server that does not answer. */
import { computed, signal } from "@preact/signals";
import { whenGone } from "../study/gone";
import { isSame, type Spot } from "../study/pane";
import type { Ring } from "./rings";

/** A click that the outline is to heed. */
export interface Click {
	x: number;
	y: number;
	inside: boolean;
}

/** A draft as it is at a time. */
export interface Stand {
	rings: Ring[];
	clicks: Click[];
	/** The outline that the clicks began with. */
	before: Ring[];
	/** What made it: brush, polygon … */
	tool: string;
}

export interface Kept extends Stand {
	study: string;
	spot: Spot;
	/** Of the frame, that it is a change of. */
	version: number;
	/** Null for one that is to be added. */
	nodule: number | null;
	/** Milliseconds since 1970. */
	at: number;
}

const PREFIX = "nodulens:draft:";

const keyOf = ({ analysis, image, frame }: Spot) => `${PREFIX}${analysis}/${image}/${frame}`;

/** All that is kept in this tab, for a list of what is not stored. */
export const unsaved = signal<Kept[]>(readAll());
/** Whether something would be lost if the tab was closed. */
const isAny = computed(() => unsaved.value.length > 0);

export const keptOf = (spot: Spot): Kept | null =>
	unsaved.value.find((one) => isSame(one.spot, spot)) ?? null;

/** Keep a draft in the place of an earlier one of the same frame. */
export function keep(draft: Kept): void {
	unsaved.value = [...unsaved.peek().filter((one) => !isSame(one.spot, draft.spot)), draft];
	try {
		sessionStorage.setItem(keyOf(draft.spot), JSON.stringify(draft));
	} catch {
		// Full or forbidden: it is kept until the page is closed, about which the browser warns.
	}
}

export function forget(spot: Spot): void {
	unsaved.value = unsaved.peek().filter((one) => !isSame(one.spot, spot));
	try {
		sessionStorage.removeItem(keyOf(spot));
	} catch {
		// Nothing was kept there.
	}
}

whenGone(({ id }) => {
	for (const one of unsaved.peek()) if (one.study === id) forget(one.spot);
});

function readAll(): Kept[] {
	const found: Kept[] = [];
	try {
		for (const key of Object.keys(sessionStorage)) {
			if (!key.startsWith(PREFIX)) continue;
			const draft = JSON.parse(sessionStorage.getItem(key) ?? "null");
			if (isKept(draft) && keyOf(draft.spot) === key) found.push(draft);
		}
	} catch {
		// Forbidden, or not what this page wrote.
	}
	return found;
}

/** Whether it is what {@link keep} writes: an older page may have written something else. */
function isKept(draft: unknown): draft is Kept {
	const { study, spot, version, rings, before, clicks } = (draft ?? {}) as Partial<Kept>;
	return (
		typeof study === "string" &&
		typeof spot?.analysis === "string" &&
		typeof version === "number" &&
		[rings, before, clicks].every(Array.isArray)
	);
}

addEventListener("beforeunload", (event) => {
	if (isAny.peek()) event.preventDefault();
});
