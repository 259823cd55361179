/** Where one is, said in the browser's tab and to who hears the page: going there moves the focus. */
import { effect } from "@preact/signals";
import { study } from "../workbench/session";
import { valueIn } from "./loaded";
import { place } from "./route";

const NAME = "Nodulens";

/** Return the page's title. */
export function titleOf(at: string | null, name: string | null): string {
	if (at === null) return `Studies – ${NAME}`;
	return name === null ? NAME : `${name} – ${NAME}`;
}

/** Put the focus to the main part, so that keys and readers begin there. */
export function focusMain(): void {
	const main = document.querySelector("main");
	if (main === null) return;
	main.tabIndex = -1;
	main.focus({ preventScroll: true });
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
