/** Why a frame has no outlines, and what to do about it. */
import type { Analysis } from "../api/types";
import type { Loaded } from "../app/loaded";
import { ordinal } from "../app/words";
import type { Shown } from "../study/pane";

export interface Lack {
	what: string;
	todo: string | null;
	/** Of an analysis that goes on. */
	progress: { done: number; of: number } | null;
	/** Whether another analysis would help. */
	canAnalyze: boolean;
	isProblem: boolean;
}

const lack = (what: string, todo: string | null = null, more: Partial<Lack> = {}): Lack => ({
	what,
	todo,
	progress: null,
	canAnalyze: false,
	isProblem: false,
	...more,
});

/** Return what is missing of a frame; null where nothing is, or it is about to come. */
export function lackOf(
	analysis: Analysis | null,
	loaded: Loaded<Shown>,
	frame: number,
): Lack | null {
	if (analysis === null) {
		return lack("This study is not analyzed", null, { canAnalyze: true });
	}
	if (loaded.state === "ready" && loaded.value.state.finding.frame === frame) {
		return lackIn(loaded.value);
	}
	const progress = { done: analysis.frames_done, of: analysis.frames };
	if (analysis.state === "queued") return lack("Waiting for the analysis before it", null);
	if (analysis.state === "running" && loaded.state !== "ready") {
		return lack(`Analyzing: ${progress.done} of ${progress.of} frames`, null, { progress });
	}
	if (loaded.state === "failed" && loaded.problem.status !== 404) {
		return lack(loaded.problem.message, loaded.problem.todo, { isProblem: true });
	}
	if (analysis.state === "failed" && loaded.state !== "ready") {
		return lack(`The analysis failed: ${analysis.error ?? "nobody knows why"}`, null, {
			canAnalyze: true,
			isProblem: true,
		});
	}
	if (loaded.state === "failed" || (analysis.state === "cancelled" && loaded.state === "empty")) {
		return lack(`Frame ${frame + 1} is not analyzed${why(analysis)}`, null, { canAnalyze: true });
	}
	return null;
}

function why({ state, asked }: Analysis): string {
	if (state === "cancelled") return ": the analysis was cancelled";
	return asked.every > 1 ? `: only every ${ordinal(asked.every)} frame is` : "";
}

function lackIn({ state: { finding } }: Shown): Lack | null {
	if (finding.error != null) {
		return lack(`This frame has no result: ${finding.error}`, null, { isProblem: true });
	}
	const other = finding.b_mode
		? ""
		: "Not B-mode (Doppler, elastography or a spectrum), from which the models have not learned";
	if ((finding.nodules ?? []).length > 0) return other === "" ? null : lack(other);
	const todo = "draw one with the correction tools, describe it in words, or use other models";
	return lack(other === "" ? "No nodule was outlined on this frame" : `${other}; no nodule`, todo);
}
