/** Text to the clipboard. */
import { Problem } from "../api/problem";

const HOW = "click into the text, and press Ctrl+A and Ctrl+C (⌘ on a Mac)";

/** Copy text, also where the page is not served safely enough for the clipboard's own interface. */
export async function copy(text: string): Promise<void> {
	try {
		await navigator.clipboard.writeText(text);
		return;
	} catch {
		// Refused, or not there: only pages of this machine or over HTTPS have it.
	}
	const field = document.createElement("textarea");
	field.value = text;
	// What lies outside an open dialog cannot be selected.
	const place = document.querySelector("dialog[open]") ?? document.body;
	const before = document.activeElement;
	place.append(field);
	field.select();
	const copied = document.execCommand("copy");
	field.remove();
	if (before instanceof HTMLElement) before.focus();
	if (!copied) throw new Problem(0, "this browser does not let the page copy", HOW);
}
