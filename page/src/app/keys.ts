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

const PRESS = /^(Enter| )$/;
const SLIDE = /^(Arrow\w+|Home|End|PageUp|PageDown)$/;
/** Keys that inputs of these types use themselves; all others are written in. */
const OWN: Record<string, RegExp> = {
	button: PRESS,
	submit: PRESS,
	checkbox: PRESS,
	radio: /^(Arrow\w+|Enter| )$/,
	range: SLIDE,
};

/** Whether a key belongs to what has the focus: a field that is written in, or an open dialog. */
function isOwn(target: EventTarget | null, key: string): boolean {
	if (!(target instanceof HTMLElement)) return false;
	if (target.closest("dialog[open]") !== null) return true;
	if (target instanceof HTMLInputElement) return OWN[target.type]?.test(key) ?? true;
	if (target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName)) return true;
	return target.closest("button, summary, a[href]") !== null && PRESS.test(key);
}

/** Keys that go on while they are held: those that move, magnify or go through something. */
const GOES_ON = /^(Mod\+|Shift\+)*(Arrow\w+|Page\w+|[-+=,.z[\]dtny])$/;

addEventListener("keydown", (event) => {
	if (event.defaultPrevented || event.altKey || isOwn(event.target, event.key)) return;
	const name = nameOf(event);
	const bound = bindings.value.findLast((one) => one.key === name);
	if (bound === undefined) return;
	event.preventDefault();
	// Held down, a key that removes or accepts something would go on to the next.
	if (event.repeat && !GOES_ON.test(name)) return;
	bound.run();
});
