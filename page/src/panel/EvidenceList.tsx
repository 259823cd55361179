/** What speaks for and against the model's answer, the strongest first. */
import type { Evidence, Nodule } from "./types";
import { short } from "./words";

const SIGNS = { for: "+", against: "−", neither: "·" };

export function EvidenceList({ nodule }: { nodule: Nodule }) {
	const evidence = nodule.evidence;
	if (evidence == null) return null;
	const [strong, weak] = [
		evidence.filter((one) => one.speaks !== "neither"),
		evidence.filter((one) => one.speaks === "neither"),
	];
	return (
		<section>
			<h2>Evidence</h2>
			<p class="hint">What the model's answer owes to each aspect; it explains the model alone.</p>
			<ul class="evidence">{strong.map(item)}</ul>
			{weak.length > 0 && (
				<details>
					<summary>Says little ({weak.length})</summary>
					<ul class="evidence">{weak.map(item)}</ul>
				</details>
			)}
		</section>
	);
}

function item(one: Evidence) {
	return (
		<li key={one.concept} class={one.speaks}>
			<span class="sign" aria-hidden="true">
				{SIGNS[one.speaks]}
			</span>
			<span>
				{one.words}
				{one.feature != null && (
					<small class="percentile">
						<meter min={0} max={100} value={one.feature.percentile}>
							percentile {short(one.feature.percentile, 0)}
						</meter>
						percentile {short(one.feature.percentile, 0)}
					</small>
				)}
			</span>
		</li>
	);
}
