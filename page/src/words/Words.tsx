/** Words that guide the segmentation. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { valueIn } from "../app/loaded";
import { pane } from "../study/session";
import { Difference } from "./Difference";
import { ReportText } from "./ReportText";
import { again, isTrying, loadModels, segmenter, tried, words } from "./trying";
import { Understanding } from "./Understanding";
import "./words.css";

/** Characters from which pasted text is a report rather than a few words. */
const REPORT = 200;

export function Words() {
	const report = useSignal("");
	useEffect(() => void loadModels(), []);
	const finding = valueIn(pane.shown.value)?.state.finding;
	if (finding === undefined || finding.error != null) return null;
	const found = tried.value;
	return (
		<section class="words" aria-label="Words">
			<label class="line">
				<h2>Words</h2>
				<textarea
					rows={1}
					maxLength={20000}
					placeholder="the smaller nodule on the right"
					aria-describedby="words-hint"
					value={words.value}
					onInput={(event) => {
						words.value = event.currentTarget.value;
					}}
					onPaste={(event) => {
						const pasted = event.clipboardData?.getData("text/plain") ?? "";
						if (pasted.length < REPORT) return;
						event.preventDefault();
						report.value = pasted;
					}}
				/>
			</label>
			<p id="words-hint" class={words.value === "" ? "hint unasked" : "hint"}>
				{hint(segmenter.value)}
			</p>
			<div aria-live="polite" aria-busy={isTrying.value} class={isTrying.value ? "older" : ""}>
				{found.state === "loading" && <p class="hint">Trying these words …</p>}
				{found.state === "failed" && (
					<p class="problem">
						{found.problem.message}. What to do: {found.problem.todo}.{" "}
						<button type="button" onClick={again}>
							Try again
						</button>
					</p>
				)}
				{found.state === "ready" && (
					<>
						<Understanding tried={found.value} />
						<Difference tried={found.value} />
					</>
				)}
			</div>
			<ReportText text={report} />
		</section>
	);
}

/** Say what words do, truthfully for the model that outlined the frame. */
function hint(model: typeof segmenter.value): string {
	const choose = "words of size and place in the picture choose among its outlines";
	if (model === null) return "Words of size and place in the picture choose among the outlines.";
	return model.uses_text
		? `${model.name} reads words; ${choose}, too.`
		: `${model.name} does not read words; ${choose}.`;
}
