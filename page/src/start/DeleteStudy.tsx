/** Asks before a study is deleted: it cannot be taken back. */
import { useSignal } from "@preact/signals";
import type { Study } from "../api/types";
import { Dialog } from "../app/Dialog";
import { say } from "../app/say";
import { extentOf } from "./StudyItem";
import { remove } from "./studies";

interface Props {
	study: Study;
	onClose: () => void;
}

export function DeleteStudy({ study, onClose }: Props) {
	const isBusy = useSignal(false);
	const confirm = async () => {
		isBusy.value = true;
		if (await remove(study)) say(`${study.name} was deleted`);
		onClose();
	};
	return (
		<Dialog title="Delete this study?" onClose={onClose}>
			<p>
				<strong>{study.name}</strong> ({extentOf(study)}) is deleted from the server with its files,
				findings, corrections and reports, for good. The files that it was uploaded from stay where
				they are.
			</p>
			<p class="row">
				<button type="button" class="danger" disabled={isBusy.value} onClick={() => void confirm()}>
					Delete
				</button>
				<button type="button" onClick={onClose}>
					Keep
				</button>
			</p>
		</Dialog>
	);
}
