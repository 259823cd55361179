/** A report that is pasted: what it says, and attributes filled in from it. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "../api/client";
import { asProblem } from "../api/problem";
import type { Understood } from "../api/types";
import { EMPTY, LOADING, type Loaded, ready } from "../app/loaded";
import { Fillings } from "./Fillings";
import { fieldName, phrase } from "./outcome";
import { PAUSE } from "./trying";

export function ReportText({ text }: { text: Signal<string> }) {
	const found = useSignal<Loaded<Understood>>(EMPTY);
	const written = text.value;
	useEffect(() => {
		if (written.trim() === "") {
			found.value = EMPTY;
			return;
		}
		let isNewest = true;
		if (found.peek().state !== "ready") found.value = LOADING;
		const timer = setTimeout(async () => {
			const newest = await read(written);
			if (isNewest) found.value = newest;
		}, PAUSE);
		return () => {
			isNewest = false;
			clearTimeout(timer);
		};
	}, [written]);
	const answer = found.value;
	return (
		<details class="report-text" open={written !== ""}>
			<summary>Paste a report</summary>
			<textarea
				rows={5}
				maxLength={20000}
				aria-label="Text of the report"
				placeholder="Solid hypoechoic nodule in the left lobe, upper pole, 12 × 9 mm, smooth margin, no calcification."
				value={written}
				onInput={(event) => {
					text.value = event.currentTarget.value;
				}}
			/>
			<p class="hint">
				Write or paste English, about one nodule. Leave out names and dates of birth.
			</p>
			{answer.state === "loading" && <p class="hint">Reading …</p>}
			{answer.state === "failed" && (
				<p class="problem" role="alert">
					{answer.problem.message}. What to do: {answer.problem.todo}.
				</p>
			)}
			{answer.state === "ready" && <Read understood={answer.value} />}
		</details>
	);
}

async function read(text: string): Promise<Loaded<Understood>> {
	try {
		return ready(await ask("post", "/api/text/parse", { body: { text } }));
	} catch (thrown) {
		return { state: "failed", problem: asProblem(thrown) };
	}
}

function Read({ understood }: { understood: Understood }) {
	const { statements = [], conflicts = [], corrected = {}, not_understood = [] } = understood;
	const misspelt = Object.entries(corrected);
	if (statements.length === 0) {
		return <p>Nothing of this text was understood. Is it an English report about a nodule?</p>;
	}
	return (
		<>
			<table>
				<caption>What the report says</caption>
				<thead>
					<tr>
						<th scope="col">About</th>
						<th scope="col">Says</th>
						<th scope="col">Certainty</th>
					</tr>
				</thead>
				<tbody>
					{statements.map((one) => (
						<tr key={one.start + one.field} class={one.certainty}>
							<td>{fieldName(one.field)}</td>
							<td title={one.text}>{phrase(one)}</td>
							<td>{one.certainty}</td>
						</tr>
					))}
				</tbody>
			</table>
			{conflicts.length > 0 && (
				<p class="warning">
					Several values for {conflicts.map(fieldName).join(", ")}: is it about several nodules?
				</p>
			)}
			{misspelt.length > 0 && (
				<p class="hint">
					Read as: {misspelt.map(([wrong, right]) => `${wrong} → ${right}`).join(", ")}
				</p>
			)}
			{not_understood.length > 0 && <p class="hint">Not understood: {not_understood.join(", ")}</p>}
			<Fillings understood={understood} />
		</>
	);
}
