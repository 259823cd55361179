/** Accepting and rejecting nodules. */
import type { ByUser } from "../api/types";
import { valueIn } from "../app/loaded";
import { pane } from "./session";

export type Verdict = NonNullable<ByUser["verdict"]>;

/** Return what was said of a nodule. */
export function verdictOf(nodule: number): Verdict {
	return valueIn(pane.shown.value)?.state.by_user[nodule]?.verdict ?? "open";
}

/** Accept or reject the selected nodule; the same again takes it back. */
export async function judge(verdict: Verdict): Promise<void> {
	const nodule = pane.selected.peek();
	if (nodule === null) return;
	await pane.change({
		action: "judge",
		nodule,
		verdict: verdictOf(nodule) === verdict ? "open" : verdict,
	});
}
