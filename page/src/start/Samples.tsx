/** Three frames to try the workbench with. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem } from "../api/problem";
import { LOADING, type Loaded, ready } from "../app/loaded";
import { complain } from "../app/say";
import { fetchSamples, openSample, type Sample, thumbnailOf } from "./samples";

export function Samples() {
	const found = useSignal<Loaded<Sample[]>>(LOADING);
	const opening = useSignal<string | null>(null);
	useEffect(() => {
		fetchSamples().then(
			(samples) => {
				found.value = ready(samples);
			},
			(thrown) => {
				found.value = { state: "failed", problem: asProblem(thrown) };
			},
		);
	}, []);
	const pick = async (sample: Sample) => {
		opening.value = sample.name;
		try {
			await openSample(sample);
		} catch (thrown) {
			complain(thrown);
		}
		opening.value = null;
	};
	const samples = found.value;
	if (samples.state === "loading") return <p aria-busy="true">Loading the samples …</p>;
	if (samples.state === "failed") {
		return (
			<p class="problem" role="alert">
				The samples cannot be shown: {samples.problem.message}. What to do: {samples.problem.todo}.
			</p>
		);
	}
	if (samples.state !== "ready") return null;
	return (
		<ul class="samples">
			{samples.value.map((one) => (
				<li key={one.name}>
					<button
						type="button"
						disabled={opening.value !== null}
						aria-busy={opening.value === one.name}
						onClick={() => void pick(one)}
					>
						<img src={thumbnailOf(one)} alt="" width={160} height={120} />
						<strong>{one.title}</strong>
						<span>{one.description}</span>
					</button>
				</li>
			))}
		</ul>
	);
}
