/** Whose changes these are, if they like to say; kept in this browser. */
import { effect, signal } from "@preact/signals";

const KEY = "nodulens:author";

function kept(): string {
	try {
		return localStorage.getItem(KEY) ?? "";
	} catch {
		// A browser may forbid to keep anything.
		return "";
	}
}

/** Empty if nobody is named. */
export const author = signal(kept());

/** Return who does something now; null if nobody is named. */
export const authorNow = (): string | null => author.peek().trim() || null;

effect(() => {
	try {
		localStorage.setItem(KEY, author.value);
	} catch {
		// The name then holds until the page is closed.
	}
});
