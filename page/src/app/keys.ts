/** Keys that do something, each said once: where it is bound is where it is described. */
import { signal } from "@preact/signals";

export interface Binding {
	/** As `KeyboardEvent.key` names it, "Mod+" before it for Ctrl or ⌘, "Shift+" for Shift. */
	key: string;
	does: string;
	group: string;
	run: () => void;
}

export const bindings = signal<Binding[]>([]);

/** Bind keys; return what unbinds them, for an effect's end. */
export function bind(...added: Binding[]): () => void {
	bindings.value = [...bindings.peek(), ...added];
	return () => {
		bindings.value = bindings.peek().filter((one) => !added.includes(one));
	};
}

/** Return what a key press is called in a {@link Binding}. */
export function nameOf(event: KeyboardEvent): string {
	const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
	// The Shift that makes a sign what it is ("?") is not said again.
	const shift = event.shiftKey && (event.key.length > 1 || key !== event.key || event.ctrlKey);
	return `${event.ctrlKey || event.metaKey ? "Mod+" : ""}${shift ? "Shift+" : ""}${key}`;
}

/** Whether keys belong to what has the focus: a field that is written in, or an open dialog. */
function isTyping(target: EventTarget | null): boolean {
	if (!(target instanceof HTMLElement)) return false;
	if (target.closest("dialog[open]") !== null) return true;
	if (target instanceof HTMLInputElement) {
		return !["button", "checkbox", "radio"].includes(target.type);
	}
	return target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName);
}

addEventListener("keydown", (event) => {
	if (event.defaultPrevented || event.altKey || isTyping(event.target)) return;
	const name = nameOf(event);
	const bound = bindings.value.findLast((one) => one.key === name);
	// Enter and space press the button that has the focus.
	if (
		bound === undefined ||
		(event.target instanceof HTMLButtonElement && /^(Enter| )$/.test(event.key))
	)
		return;
	event.preventDefault();
	bound.run();
});
