/** States how large a pixel is, for a new analysis of the study. */
import { useSignal } from "@preact/signals";
import { analyze } from "../study/queue";
import { analysis, study } from "../study/session";

/** What the server believes of an ultrasound pixel, in millimetres. */
const LEAST = 0.01;
const MOST = 2;

interface Props {
	known: boolean;
	/** How the scale was found, or why not. */
	note: string;
}

export function ScaleField({ known, note }: Props) {
	const busy = useSignal(false);
	const send = async (event: SubmitEvent) => {
		event.preventDefault();
		const of = analysis.peek();
		const form = event.currentTarget as HTMLFormElement;
		const size = Number(new FormData(form).get("mm"));
		if (of === null || busy.peek()) return;
		busy.value = true;
		if (await analyze(of.study, { ...of.asked, mm_per_px: size })) form.reset();
		busy.value = false;
	};
	const images = study.value.state === "ready" ? study.value.value.images.length : 1;
	return (
		<details open={!known}>
			<summary>{known ? "About the scale" : "State the scale"}</summary>
			{note !== "" && <p class="hint">{note}</p>}
			<form class="fields" onSubmit={send}>
				<label>
					{known ? "Another scale, in millimetres a pixel" : "Millimetres a pixel"}
					<input type="number" name="mm" required min={LEAST} max={MOST} step="any" />
				</label>
				<button type="submit" disabled={busy.value}>
					Analyze with this scale
				</button>
				<small>
					A new analysis of {images > 1 ? `all ${images} images` : "this study"}; the present one
					stays.
				</small>
			</form>
		</details>
	);
}
