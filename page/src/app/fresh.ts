/** What is shown may be old: another tab stored something, or the server or this tab was away. */
import { effect } from "@preact/signals";
import { whenTold } from "../api/tabs";
import { look, returns } from "./connection";

/** Changes come in rows; one look after them is enough. */
const QUIET_MS = 150;

const loaders = new Set<() => void>();

/** Load something anew whenever it may be old; return what ends that. */
export function whenOld(load: () => void): () => void {
	loaders.add(load);
	return () => loaders.delete(load);
}

/** Load anew all that is shown. */
export function refresh(): void {
	for (const load of [...loaders]) load();
}

/** Listen to whatever makes things old. */
export function watchOthers(): () => void {
	let timer: ReturnType<typeof setTimeout> | undefined;
	const soon = () => {
		// A tab that nobody sees looks when it is seen again.
		if (document.visibilityState !== "visible") return;
		clearTimeout(timer);
		timer = setTimeout(refresh, QUIET_MS);
	};
	const seen = () => {
		if (document.visibilityState !== "visible") return;
		void look();
		soon();
	};
	const deaf = whenTold(soon);
	const settled = effect(() => {
		if (returns.value > 0) soon();
	});
	addEventListener("focus", seen);
	document.addEventListener("visibilitychange", seen);
	return () => {
		clearTimeout(timer);
		deaf();
		settled();
		removeEventListener("focus", seen);
		document.removeEventListener("visibilitychange", seen);
	};
}
