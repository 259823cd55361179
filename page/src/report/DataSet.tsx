/** Accepted analyses as a data set for learning. */
import { useSignal } from "@preact/signals";
import { ask } from "../api/client";
import type { components } from "../api/schema";
import type { Analysis } from "../api/types";
import { complain, say } from "../app/say";
import { counted } from "../app/words";

type Made = components["schemas"]["Export"];

export function DataSet({ of }: { of: Analysis }) {
	const busy = useSignal(false);
	const made = useSignal<Made | null>(null);
	const make = (analyses: string[] | null) => async () => {
		if (busy.peek()) return;
		busy.value = true;
		made.value = null;
		try {
			const found = await ask("post", "/api/exports", { body: { analyses } });
			made.value = found;
			say(`The data set is made: ${counted(found.images, "image")}`);
		} catch (thrown) {
			complain(thrown);
		}
		busy.value = false;
	};
	const accepted = of.review === "accepted";
	return (
		<section aria-busy={busy.value}>
			<h3>Data set</h3>
			<p class="hint">
				Frames, masks and what you said of them, as <code>nodulens train</code> takes them. Nothing
				that a model said is a label.
			</p>
			<div class="row">
				<button
					type="button"
					disabled={!accepted}
					aria-describedby="set-why"
					onClick={make([of.id])}
				>
					Export this analysis
				</button>
				<button type="button" onClick={make(null)}>
					Export all accepted ones
				</button>
			</div>
			<p id="set-why" class="hint">
				{!accepted && "Accept this analysis first to export it."}
				{busy.value && "Making the data set …"}
			</p>
			{made.value !== null && <Result made={made.value} />}
		</section>
	);
}

function Result({ made }: { made: Made }) {
	return (
		<div>
			<p>
				{counted(made.images, "image")}, {counted(made.masks, "mask")}.{" "}
				<a href={`/api/exports/${made.id}/zip`} download={`data-set-${made.id}.zip`}>
					Download the data set
				</a>
			</p>
			{made.left_out.length > 0 && (
				<details open>
					<summary>{counted(made.left_out.length, "frame")} left out</summary>
					<ul>
						{made.left_out.map((one) => (
							<li key={one}>{one}</li>
						))}
					</ul>
				</details>
			)}
		</div>
	);
}
