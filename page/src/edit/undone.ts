/** What was just stored, and can be taken back for a while. */
import { signal } from "@preact/signals";
import { valueIn } from "../app/loaded";
import { say } from "../app/say";
import { isSame, type Spot } from "../study/pane";
import { pane } from "../study/session";

export interface Stored {
	text: string;
	spot: Spot;
	/** The version before it. */
	version: number;
}

const SECONDS = 20;

/** Null if nothing was stored lately. */
export const stored = signal<Stored | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

/** Offer to take something back. */
export function offerBack(what: Stored): void {
	clearTimeout(timer);
	stored.value = what;
	timer = setTimeout(() => {
		stored.value = null;
	}, 1000 * SECONDS);
}

export async function takeBack(): Promise<void> {
	const what = stored.peek();
	stored.value = null;
	if (what === null || !isSame(what.spot, pane.spot.peek())) return;
	const shown = valueIn(pane.shown.peek());
	if (!isSame(shown?.spot ?? null, what.spot) || shown?.state.version !== what.version + 1) {
		say(
			"The frame was changed since, and going back would undo that too",
			"restore a version in its history",
		);
		return;
	}
	await pane.change({ action: "restore", version: what.version });
}
