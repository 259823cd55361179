/** What the classifier says, and how far that goes. */
import { possibleInWords, zoneOf } from "./certainty";
import type { Malignancy, Nodule } from "./types";
import { short } from "./words";

export function Estimate({ nodule }: { nodule: Nodule }) {
	const said = nodule.malignancy;
	if (said == null) {
		return (
			<section>
				<h2>Malignancy</h2>
				<p>No classifier was asked in this analysis.</p>
			</section>
		);
	}
	const possible = possibleInWords(said);
	const zone = zoneOf(said);
	return (
		<section class="estimate">
			<h2>Malignancy</h2>
			<p class="probability">
				<output>{said.probability.toFixed(2)}</output>
				<span>probability of: {said.meaning}</span>
			</p>
			<Gauge said={said} zone={zone} />
			{said.defer === true && (
				<p class="defer">
					<b>The model defers.</b> It does not decide on this nodule: give its estimate no weight.
				</p>
			)}
			<p>
				{said.defer === true ? "It would say" : "Decision:"} <b>{said.decision}</b> (threshold{" "}
				{said.threshold.toFixed(2)}). {possible}
			</p>
			<details>
				<summary>How sure is that?</summary>
				<p>
					What is known of the uncertainty of one answer is the set of labels that remain possible
					at a chosen error rate (conformal prediction), not an interval around the number.
					{zone !== null &&
						` The model decides below ${short(zone[0], 2)} and above ${short(zone[1], 2)}, and not between.`}
				</p>
				<p>
					The probability is right on average over nodules like those that the model learned from.
					Its calibration there, with intervals, stands on the model card.
				</p>
			</details>
		</section>
	);
}

const WIDTH = 300;

/** The probability between 0 and 1, with the threshold and the zone of indecision. */
function Gauge({ said, zone }: { said: Malignancy; zone: [number, number] | null }) {
	const x = (share: number) => 8 + share * (WIDTH - 16);
	const words = [
		`Probability ${said.probability.toFixed(2)} on a scale from 0 to 1`,
		`threshold ${said.threshold.toFixed(2)}`,
		...(zone === null ? [] : [`undecided from ${zone[0].toFixed(2)} to ${zone[1].toFixed(2)}`]),
	];
	return (
		<svg class="gauge" viewBox={`0 0 ${WIDTH} 46`} role="img" aria-label={words.join(", ")}>
			<rect class="scale" x={x(0)} y={16} width={x(1) - x(0)} height={10} rx={5} />
			{zone !== null && (
				<>
					<rect class="zone" x={x(zone[0])} y={16} width={x(zone[1]) - x(zone[0])} height={10} />
					<text x={Math.min(x((zone[0] + zone[1]) / 2), WIDTH - 32)} y={10} text-anchor="middle">
						undecided
					</text>
				</>
			)}
			<path class="threshold" d={`M${x(said.threshold)} 12v18`} />
			<circle class="mark" cx={x(said.probability)} cy={21} r={7} />
			<text x={x(0)} y={42}>
				0
			</text>
			<text x={x(said.threshold)} y={42} text-anchor="middle">
				{said.threshold.toFixed(2)}
			</text>
			{said.threshold < 0.93 && (
				<text x={x(1)} y={42} text-anchor="end">
					1
				</text>
			)}
		</svg>
	);
}
