/** Which analysis is shown, how far it is, and what can be done with it. */
import { useEffect } from "preact/hooks";
import type { Analysis, Review, Study } from "../api/types";
import { bind } from "../app/keys";
import { timeOf } from "../app/words";
import { analyze } from "../study/queue";
import { ReviewButtons } from "../study/ReviewButtons";
import { review } from "../study/review";
import { analysis, showAnalysis } from "../study/session";
import { modelsOf, STANDINGS, standingOf } from "../study/words";
import { askForAnalysis } from "../viewer/compare/AskAnalysis";
import { Progress } from "./Progress";

export function AnalysisBar({ study }: { study: Study }) {
	const one = analysis.value;
	useEffect(() => {
		const give = (verdict: Review) => () => {
			const shown = analysis.peek();
			if (shown?.state === "done" && shown.review !== verdict) void review(shown, verdict);
		};
		return bind(
			{ key: "Shift+a", does: "Accept the analysis", group: "Study", run: give("accepted") },
			{ key: "Shift+r", does: "Reject the analysis", group: "Study", run: give("rejected") },
		);
	}, []);
	if (one === null) {
		return (
			<div class="analysis-bar">
				<p>This study is not analyzed yet.</p>
				<button type="button" class="primary" onClick={askForAnalysis}>
					Analyze …
				</button>
			</div>
		);
	}
	return (
		<div class="analysis-bar">
			{study.analyses.length > 1 ? (
				<Picker all={study.analyses} shown={one} />
			) : (
				<p class="shown-analysis">
					{modelsOf(one.asked)} <small>{timeOf(one.created)}</small>
				</p>
			)}
			<button type="button" onClick={askForAnalysis}>
				Analyze with other models …
			</button>
			<State one={one} />
		</div>
	);
}

function Picker({ all, shown }: { all: Analysis[]; shown: Analysis }) {
	return (
		<label class="picker">
			<span>Analysis</span>
			<select value={shown.id} onChange={(event) => showAnalysis(event.currentTarget.value)}>
				{all.map((one) => (
					<option key={one.id} value={one.id}>
						{modelsOf(one.asked)} · {timeOf(one.created)} · {STANDINGS[standingOf(one)]}
					</option>
				))}
			</select>
		</label>
	);
}

function State({ one }: { one: Analysis }) {
	switch (one.state) {
		case "queued":
		case "running":
			return <Progress key={one.id} one={one} />;
		case "done":
			return <ReviewButtons one={one} />;
		case "cancelled":
			return (
				<>
					<p role="status">
						Cancelled after {one.frames_done} of {one.frames} frames; what was done is shown.
					</p>
					<Again one={one} />
				</>
			);
		case "failed":
			return (
				<>
					<p class="problem" role="alert">
						The analysis failed. {one.error}
					</p>
					<Again one={one} />
				</>
			);
	}
}

function Again({ one }: { one: Analysis }) {
	return (
		<button type="button" onClick={() => analyze(one.study, one.asked)}>
			Analyze again
		</button>
	);
}
