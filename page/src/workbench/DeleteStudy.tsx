/** Asks whether a study shall be deleted, says what goes with it, and deletes it. */
import { useSignal } from "@preact/signals";
import { ask } from "../api/client";
import type { Study } from "../api/types";
import { Dialog } from "../app/Dialog";
import { go } from "../app/route";
import { complain, say } from "../app/say";
import { keep } from "../report/draft";
import { counted } from "../study/words";

export function DeleteStudy({ study, onClose }: { study: Study; onClose: () => void }) {
	const busy = useSignal(false);
	const remove = async () => {
		busy.value = true;
		try {
			await ask("delete", "/api/studies/{study}", { path: { study: study.id } });
			for (const one of study.analyses) keep(one.id, null);
			say(`“${study.name}” is deleted`);
			go({ study: null });
		} catch (thrown) {
			complain(thrown);
			busy.value = false;
		}
	};
	return (
		<Dialog title="Delete this study?" onClose={onClose}>
			<p>
				“{study.name}” goes for good, with {counted(study.images.length, "image")} and{" "}
				{counted(study.analyses.length, "analysis", "analyses")}, all corrections and the report.
				Other studies, and data sets that were exported, stay.
			</p>
			<p class="buttons">
				<button type="button" class="danger" disabled={busy.value} onClick={remove}>
					Delete the study
				</button>
				<button type="button" onClick={onClose}>
					Keep it
				</button>
			</p>
		</Dialog>
	);
}
