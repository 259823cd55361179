/** Files of an upload that were not kept, remembered for as long as the tab is open. */
import { signal } from "@preact/signals";
import type { RefusedFile } from "../api/types";

const keyOf = (study: string): string => `nodulens.refused.${study}`;

/** Grows when something was remembered or forgotten. */
const turn = signal(0);

/** Remember what an upload's answer refused. */
export function keepRefused(study: string, files: RefusedFile[]): void {
	if (files.length > 0) sessionStorage.setItem(keyOf(study), JSON.stringify(files));
	else sessionStorage.removeItem(keyOf(study));
	turn.value++;
}

/** Return what was refused of a study's upload. */
export function refusedOf(study: string): RefusedFile[] {
	turn.value;
	try {
		return JSON.parse(sessionStorage.getItem(keyOf(study)) ?? "[]");
	} catch {
		return [];
	}
}
