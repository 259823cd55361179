/** Asks whether a study shall be deleted, says what goes with it, and deletes it. */
import { useSignal } from "@preact/signals";
import type { Study } from "../api/types";
import { Dialog } from "../app/Dialog";
import { complain, say } from "../app/say";
import { counted } from "../app/words";
import { remove } from "./gone";

interface Props {
	study: Study;
	onClose: () => void;
	onGone: () => void;
}

export function DeleteStudy({ study, onClose, onGone }: Props) {
	const isBusy = useSignal(false);
	const confirm = async () => {
		isBusy.value = true;
		try {
			await remove(study);
			say(`“${study.name}” is deleted`);
			onClose();
			onGone();
		} catch (thrown) {
			complain(thrown);
			isBusy.value = false;
		}
	};
	return (
		<Dialog title="Delete this study?" onClose={onClose}>
			<p>
				<strong>{study.name}</strong> goes for good, with {counted(study.images.length, "image")}{" "}
				and {counted(study.analyses.length, "analysis", "analyses")}, all corrections and reports.
				The files that it was uploaded from stay where they are, and so do exported data sets.
			</p>
			<p class="row">
				<button type="button" class="danger" disabled={isBusy.value} onClick={() => void confirm()}>
					Delete the study
				</button>
				<button type="button" onClick={onClose}>
					Keep it
				</button>
			</p>
		</Dialog>
	);
}
