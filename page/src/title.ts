/** Where one is, said in the browser's tab and to who hears the page: going there moves the focus. */
import { effect } from "@preact/signals";
import { focusMain } from "./app/focus";
import { valueIn } from "./app/loaded";
import { place } from "./app/route";
import { study } from "./study/session";

const NAME = "Nodulens";

/** Return the page's title. */
export function titleOf(at: string | null, name: string | null): string {
	if (at === null) return `Studies – ${NAME}`;
	return name === null ? NAME : `${name} – ${NAME}`;
}

/** Follow where one goes. */
export function watchPlace(): () => void {
	let before = place.peek().study;
	const titled = effect(() => {
		document.title = titleOf(place.value.study, valueIn(study.value)?.name ?? null);
	});
	const focused = effect(() => {
		const at = place.value.study;
		if (at === before) return;
		before = at;
		// Once the new place is drawn.
		requestAnimationFrame(focusMain);
	});
	return () => {
		titled();
		focused();
	};
}
