/** The dialog that asks which models are to analyze the study. */
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "../../api/client";
import { asProblem, type Problem } from "../../api/problem";
import type { Asked, Model } from "../../api/types";
import { Dialog } from "../../app/Dialog";
import { LOADING, type Loaded, ready, valueIn } from "../../app/loaded";
import { queue } from "../../study/queue";
import { analysis, showAnalysis, study } from "../../study/session";
import { beside } from "./beside";

const isOpen = signal(false);

/** Open the dialog; the new analysis appears beside the one that is looked at. */
export function askForAnalysis(): void {
	isOpen.value = true;
}

/** Read the dialog's form: what is left empty is the server's choice. */
export function askedOf(form: FormData): Partial<Asked> {
	const text = String(form.get("text") ?? "").trim();
	const every = Number(form.get("every") ?? 1);
	return {
		segmenter: String(form.get("segmenter") ?? "") || null,
		classifier: String(form.get("classifier") ?? "") || null,
		text: text || null,
		every: Number.isInteger(every) && every >= 1 ? every : 1,
	};
}

function Models({ all, task, title }: { all: Model[]; task: Model["task"]; title: string }) {
	const fitting = all.filter((one) => one.task === task);
	const name = task === "segmentation" ? "segmenter" : "classifier";
	const usable = fitting.filter((one) => one.problem == null);
	const first = usable.find((one) => one.default) ?? usable[0];
	return (
		<fieldset>
			<legend>{title}</legend>
			{fitting.map((one) => (
				<label key={one.name}>
					<input
						type="radio"
						name={name}
						value={one.name}
						disabled={one.problem != null}
						defaultChecked={one === first}
					/>
					<span>
						{one.name} {one.version}
						<small>
							{one.problem == null
								? `Trained on ${one.trained_on}${one.uses_text ? "; reads words" : ""}`
								: `Cannot be used: ${one.problem}`}
						</small>
					</span>
				</label>
			))}
			{task === "classification" && (
				<label>
					<input type="radio" name={name} value="none" defaultChecked={first === undefined} />
					<span>None, outlines alone</span>
				</label>
			)}
		</fieldset>
	);
}

export function AskAnalysis() {
	if (!isOpen.value) return null;
	const close = () => {
		isOpen.value = false;
	};
	return (
		<Dialog title="Analyze the study" onClose={close}>
			<Form close={close} />
		</Dialog>
	);
}

function Form({ close }: { close: () => void }) {
	const models = useSignal<Loaded<Model[]>>(LOADING);
	const problem = useSignal<Problem | null>(null);
	const isSent = useSignal(false);
	const load = () => {
		models.value = LOADING;
		ask("get", "/api/models", {}).then(
			(all) => {
				models.value = ready(all);
			},
			(thrown) => {
				models.value = { state: "failed", problem: asProblem(thrown) };
			},
		);
	};
	useEffect(load, []);

	const send = async (event: SubmitEvent) => {
		event.preventDefault();
		const id = valueIn(study.peek())?.id;
		if (id === undefined || isSent.peek()) return;
		isSent.value = true;
		problem.value = null;
		const before = analysis.peek();
		const asked = askedOf(new FormData(event.target as HTMLFormElement));
		try {
			// A scale that somebody stated holds for the same pictures.
			const queued = await queue(id, { ...asked, mm_per_px: before?.asked.mm_per_px ?? null });
			// The newest stands first, and would be taken for the one that is looked at.
			showAnalysis((before ?? queued).id);
			if (before !== null) beside.value = queued.id;
			close();
		} catch (thrown) {
			problem.value = asProblem(thrown);
		} finally {
			isSent.value = false;
		}
	};

	const all = models.value;
	const before = analysis.peek()?.asked;
	const isCine = valueIn(study.value)?.images.some((one) => one.frames > 1) ?? false;
	const isMute = all.state === "ready" && !all.value.some((one) => one.uses_text);
	return (
		<form onSubmit={send} class="ask">
			{all.state === "loading" && <p>Loading the list of models …</p>}
			{all.state === "failed" && (
				<p class="problem" role="alert">
					{all.problem.message}. What to do: {all.problem.todo}.{" "}
					<button type="button" onClick={load}>
						Try again
					</button>
				</p>
			)}
			{all.state === "ready" && (
				<>
					<Models all={all.value} task="segmentation" title="Outlines" />
					<Models all={all.value} task="classification" title="Malignancy" />
					<label class="field">
						Words about the nodule, if wanted
						<input
							name="text"
							autocomplete="off"
							maxLength={20_000}
							defaultValue={before?.text ?? ""}
							placeholder="the smaller nodule on the right"
						/>
						{isMute && (
							<small>
								No installed model reads words; those of size and place choose among nodules.
							</small>
						)}
					</label>
					{isCine && (
						<label class="field">
							Of a cine, analyze each n-th frame
							<input name="every" type="number" min="1" defaultValue={before?.every ?? 1} />
						</label>
					)}
					{before !== undefined && (
						<p class="hint">It appears beside the analysis that is shown, which stays.</p>
					)}
				</>
			)}
			{problem.value !== null && (
				<p class="problem" role="alert">
					{problem.value.message}. What to do: {problem.value.todo}.
				</p>
			)}
			<p class="row">
				<button type="submit" class="primary" disabled={all.state !== "ready" || isSent.value}>
					Analyze
				</button>
				<button type="button" onClick={close}>
					Cancel
				</button>
			</p>
		</form>
	);
}
