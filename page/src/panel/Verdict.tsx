/** Accept or reject the chosen nodule. */
import { useSignal } from "@preact/signals";
import type { ByUser } from "../api/types";
import { judge } from "../study/judge";
import type { Nodule, Verdict as Verdicts } from "./types";

const CHOICES: [Verdicts, string, string][] = [
	["accepted", "Accept", "A"],
	["rejected", "Reject", "R"],
];

export function Verdict({ nodule, said }: { nodule: Nodule; said: ByUser }) {
	const busy = useSignal(false);
	const press = async (pressed: Verdicts) => {
		if (busy.peek()) return;
		busy.value = true;
		await judge(pressed);
		busy.value = false;
	};
	return (
		<fieldset class="judge" aria-busy={busy.value}>
			<legend class="visually-hidden">Verdict on this nodule</legend>
			{CHOICES.map(([verdict, words, key]) => (
				<button
					key={verdict}
					type="button"
					class={verdict}
					title={`${words} this nodule alone (${key}); pressed again, it is taken back`}
					aria-pressed={said.verdict === verdict}
					onClick={() => press(verdict)}
				>
					{words} nodule {nodule.track?.id ?? nodule.id}
				</button>
			))}
			<small>
				{said.verdict === "rejected" && "Left out of report and exports. "}
				{said.outlined != null && `Outlined by a reader (${said.outlined}).`}
			</small>
		</fieldset>
	);
}
