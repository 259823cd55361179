/** SEG and SR of an accepted analysis: to take away, or to the DICOMweb server. */
import { useSignal } from "@preact/signals";
import { ask } from "../api/client";
import type { Analysis, Study } from "../api/types";
import { complain, say } from "../app/say";
import { counted } from "../app/words";
import { health } from "./desk";
import { save } from "./files";
import { whyNot } from "./whyNot";

export function Dicom({ of, study }: { of: Analysis; study: Study }) {
	const busy = useSignal(false);
	const refused = useSignal<string[]>([]);
	const why = whyNot(of, study);
	const unset = health.value?.stow ? null : "To push, start the server with --stow URL.";
	const once = (work: () => Promise<unknown>) => async () => {
		if (busy.peek()) return;
		busy.value = true;
		await work().catch(complain);
		busy.value = false;
	};
	const push = async () => {
		refused.value = [];
		const sent = await ask("post", "/api/analyses/{analysis}/stow", { path: { analysis: of.id } });
		refused.value = sent.refused;
		say(`${counted(sent.stored, "DICOM object")} stored on the DICOMweb server`);
	};
	const url = `/api/analyses/${of.id}/dicom`;
	return (
		<section aria-busy={busy.value}>
			<h3>DICOM</h3>
			<p class="hint">Segmentation and structured report of the reported frames.</p>
			<div class="row">
				<button
					type="button"
					disabled={why !== null}
					aria-describedby="dicom-why"
					onClick={once(() => save(url, `dicom-${of.id}.zip`))}
				>
					Download SEG and SR
				</button>
				<button
					type="button"
					disabled={why !== null || unset !== null}
					aria-describedby="dicom-why"
					onClick={once(push)}
				>
					Push to the DICOMweb server
				</button>
			</div>
			<p id="dicom-why" class="hint">
				{why} {unset}
			</p>
			{refused.value.length > 0 && (
				<div class="problem" role="alert">
					<p>The DICOMweb server did not take:</p>
					<ul>
						{refused.value.map((one) => (
							<li key={one}>{one}</li>
						))}
					</ul>
				</div>
			)}
		</section>
	);
}
