/** Accept or reject the chosen nodule. */
import { useSignal } from "@preact/signals";
import type { ByUser } from "../api/types";
import { pane } from "../study/session";
import type { Nodule, Verdict as Verdicts } from "./types";

const CHOICES: [Verdicts, string][] = [
	["accepted", "Accept"],
	["rejected", "Reject"],
];

export function Verdict({ nodule, said }: { nodule: Nodule; said: ByUser }) {
	const busy = useSignal(false);
	const judge = async (pressed: Verdicts) => {
		if (busy.peek()) return;
		busy.value = true;
		// Pressed again, it is taken back.
		const verdict = said.verdict === pressed ? "open" : pressed;
		await pane.change({ action: "judge", nodule: nodule.id, verdict }, "panel");
		busy.value = false;
	};
	return (
		<fieldset class="judge" aria-busy={busy.value}>
			<legend>Verdict on this nodule</legend>
			{CHOICES.map(([verdict, words]) => (
				<button
					key={verdict}
					type="button"
					class={verdict}
					aria-pressed={said.verdict === verdict}
					onClick={() => judge(verdict)}
				>
					{words}
				</button>
			))}
			<small>
				{said.verdict === "rejected" && "Left out of report and exports. "}
				{said.outlined != null && `Outlined by a reader (${said.outlined}).`}
			</small>
		</fieldset>
	);
}
