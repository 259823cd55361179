/** What may be said with an upload: folded away, since all of it may be left out. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "../api/client";
import { asProblem } from "../api/problem";
import type { Model } from "../api/types";
import { EMPTY, LOADING, type Loaded, ready, valueIn } from "../app/loaded";
import { options } from "./options";

export function OptionsForm() {
	const isOpen = useSignal(false);
	const models = useSignal<Loaded<Model[]>>(EMPTY);
	useEffect(() => {
		// Every bundle is verified for the answer, so that it is asked only when it is looked at.
		if (!isOpen.value || models.peek().state === "ready") return;
		models.value = LOADING;
		ask("get", "/api/models", {}).then(
			(all) => {
				models.value = ready(all);
			},
			(thrown) => {
				models.value = { state: "failed", problem: asProblem(thrown) };
			},
		);
	}, [isOpen.value]);
	const { name, asked } = options.value;
	const say = (more: Partial<typeof asked>) => {
		options.value = { name, asked: { ...asked, ...more } };
	};
	const found = models.value;
	return (
		<details
			class="options"
			onToggle={(event) => {
				isOpen.value = event.currentTarget.open;
			}}
		>
			<summary>Options</summary>
			<div class="fields">
				<label>
					Name of the study
					<input
						maxLength={200}
						value={name}
						placeholder="made from the file names"
						onInput={(event) => {
							options.value = { name: event.currentTarget.value, asked };
						}}
					/>
				</label>
				<label class="wide">
					Words about the nodule
					<textarea
						rows={2}
						maxLength={20_000}
						value={asked.text ?? ""}
						placeholder="e.g. small hypoechoic nodule, left lobe"
						onInput={(event) => say({ text: event.currentTarget.value || null })}
					/>
				</label>
				<Choice
					label="Model that outlines"
					models={valueIn(found)?.filter((one) => one.task === "segmentation") ?? []}
					value={asked.segmenter ?? ""}
					onChange={(segmenter) => say({ segmenter: segmenter || null })}
				/>
				<Choice
					label="Model that estimates malignancy"
					models={valueIn(found)?.filter((one) => one.task === "classification") ?? []}
					value={asked.classifier ?? ""}
					none
					onChange={(classifier) => say({ classifier: classifier || null })}
				/>
				{found.state === "loading" && <p>Loading the models …</p>}
				{found.state === "failed" && (
					<p class="problem" role="alert">
						The models cannot be listed: {found.problem.message}. What to do: {found.problem.todo}.
					</p>
				)}
				<p class="hint wide">
					Name and words go with the next upload alone; the models stay chosen.
				</p>
			</div>
		</details>
	);
}

interface ChoiceProps {
	label: string;
	models: Model[];
	/** A bundle's name; "" for the server's own choice. */
	value: string;
	none?: boolean;
	onChange: (name: string) => void;
}

function Choice({ label, models, value, none = false, onChange }: ChoiceProps) {
	const usual = models.find((one) => one.default)?.name;
	return (
		<label>
			{label}
			<select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
				<option value="">{usual === undefined ? "The server's choice" : `${usual} (usual)`}</option>
				{models
					.filter((one) => !one.default)
					.map((one) => (
						<option key={one.name} value={one.name} disabled={one.problem !== null}>
							{one.name}
							{one.uses_text ? " (reads words)" : ""}
							{one.problem !== null ? " (cannot be used)" : ""}
						</option>
					))}
				{none && <option value="none">None</option>}
			</select>
		</label>
	);
}
