/** The report's text while it is being written: kept until it is stored, whatever happens. */
import type { Reported } from "../api/types";
import { whenGone } from "../study/gone";

export interface Draft {
	/** Version of the report that it is a change of. */
	base: number;
	text: string;
}

const keyOf = (analysis: string): string => `nodulens.report.${analysis}`;

/** Return the text that is shown: what was being written, or what is stored. */
export const textOf = (draft: Draft | null, stored: Reported): string => draft?.text ?? stored.text;

/** Return a draft of what was written; none where it is what is stored. */
export function write(text: string, before: Draft | null, stored: Reported): Draft | null {
	return text === stored.text ? null : { base: before?.base ?? stored.version, text };
}

/** Whether somebody else stored a text after this one was begun. */
export const isOvertaken = (draft: Draft | null, stored: Reported): boolean =>
	draft !== null && draft.base !== stored.version;

/** Keep a draft over a reload, or forget it. */
export function keep(analysis: string, draft: Draft | null): void {
	if (draft === null) localStorage.removeItem(keyOf(analysis));
	else localStorage.setItem(keyOf(analysis), JSON.stringify(draft));
}

/** Return the draft that was kept. */
export function kept(analysis: string): Draft | null {
	try {
		const found = JSON.parse(localStorage.getItem(keyOf(analysis)) ?? "null");
		return typeof found?.text === "string" && Number.isInteger(found.base) ? found : null;
	} catch {
		return null;
	}
}

whenGone(({ analyses }) => {
	for (const one of analyses) keep(one.id, null);
});
