/** What is said of the frame and of the chosen nodule, by the models and by the user. */

import { useEffect } from "preact/hooks";
import type { Finding } from "../api/types";
import { bind } from "../app/keys";
import { valueIn } from "../app/loaded";
import { analysis, frame, image, pane, study } from "../study/session";
import { lackOf } from "../viewer/missing";
import { Attributes } from "./Attributes";
import { card, showCard } from "./card";
import { chosen, stepNodule } from "./chosen";
import { Estimate } from "./Estimate";
import { EvidenceList } from "./EvidenceList";
import { Measurements } from "./Measurements";
import { ModelCard } from "./ModelCard";
import { Models } from "./Models";
import { NoduleList } from "./NoduleList";
import { TrackFacts } from "./TrackFacts";
import { Verdict } from "./Verdict";
import "./panel.css";

export function Panel() {
	useEffect(
		() =>
			bind(
				{ key: "n", does: "Next nodule", group: "Nodule", run: () => stepNodule(1) },
				{ key: "Shift+n", does: "Previous nodule", group: "Nodule", run: () => stepNodule(-1) },
			),
		[],
	);
	return (
		<>
			<section class="panel" aria-label="Findings">
				<Content />
			</section>
			{card.value !== null && <ModelCard name={card.value} onClose={() => showCard(null)} />}
		</>
	);
}

function Content() {
	const loaded = pane.shown.value;
	if (loaded.state === "ready") return <Ready finding={loaded.value.state.finding} />;
	if (study.value.state !== "ready" || image.value === null) return null;
	const lack = lackOf(analysis.value, loaded, frame.value);
	if (lack === null) return <p aria-busy="true">Loading the finding …</p>;
	return (
		<>
			<p class={lack.isProblem ? "problem" : "hint"} role={lack.isProblem ? "alert" : undefined}>
				{lack.what}.{lack.todo !== null && ` What to do: ${lack.todo}.`}
			</p>
			{loaded.state === "failed" && lack.isProblem && (
				<button type="button" onClick={() => pane.reload()}>
					Try again
				</button>
			)}
		</>
	);
}

function Ready({ finding }: { finding: Finding }) {
	const nodules = finding.nodules ?? [];
	const of = chosen.value;
	const spot = JSON.stringify(valueIn(pane.shown.value)?.spot ?? null);
	return (
		<>
			{finding.error != null && (
				<p class="problem" role="alert">
					This frame could not be analyzed: {finding.error}
				</p>
			)}
			{!finding.b_mode && (
				<p class="caution">
					This is not a B-mode picture: a colour map or a spectrum. The models have not learned from
					such pictures; do not rely on what they say here.
				</p>
			)}
			{nodules.length > 0 ? (
				<NoduleList />
			) : (
				finding.error == null && (
					<p>No nodule was outlined on this frame. This does not mean that there is none.</p>
				)
			)}
			{of !== null && (
				// Of its own for each nodule of each frame: what is being written must not pass on.
				<div class="nodule" key={`${spot} ${of.nodule.id}`}>
					<Verdict {...of} />
					<Estimate {...of} />
					<Attributes {...of} />
					<Measurements finding={finding} nodule={of.nodule} />
					<EvidenceList nodule={of.nodule} />
					<TrackFacts nodule={of.nodule} />
				</div>
			)}
			<Notes notes={finding.notes ?? []} />
			<Models models={finding.models ?? []} />
		</>
	);
}

function Notes({ notes }: { notes: string[] }) {
	if (notes.length === 0) return null;
	return (
		<section>
			<h2>Notes on this frame</h2>
			<ul class="notes">
				{notes.map((one) => (
					<li key={one}>{one}</li>
				))}
			</ul>
		</section>
	);
}
