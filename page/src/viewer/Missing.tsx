/** A line over the frame: what is missing of it, and what to do. */
import type { Analysis } from "../api/types";
import type { Pane } from "../study/pane";
import { isPlaying } from "./cine/player";
import { askForAnalysis } from "./compare/AskAnalysis";
import { lackOf } from "./missing";
import { place } from "./stage";

export function Missing({ analysis, pane }: { analysis: Analysis | null; pane: Pane }) {
	const at = place.value;
	const lack = at === null ? null : lackOf(analysis, pane.shown.value, at.frame);
	// While a cine plays this would flicker; the strip below the curve says the same.
	if (lack === null || (isPlaying.value && !lack.isProblem)) return null;
	return (
		<div class="missing" role="status">
			<p class={lack.isProblem ? "problem" : undefined}>
				{lack.what}.{lack.todo !== null && ` What to do: ${lack.todo}.`}
			</p>
			{lack.progress !== null && (
				<progress max={lack.progress.of} value={lack.progress.done} aria-label="Analysis" />
			)}
			{lack.canAnalyze && (
				<button type="button" onClick={askForAnalysis}>
					Analyze …
				</button>
			)}
		</div>
	);
}
