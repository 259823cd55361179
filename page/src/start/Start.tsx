/** Where one begins: drop files, or open a study. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "../api/client";
import { asProblem } from "../api/problem";
import type { Study } from "../api/types";
import { LOADING, type Loaded, ready } from "../app/loaded";
import { addressOf } from "../app/route";

export function Start() {
	const list = useSignal<Loaded<Study[]>>(LOADING);
	useEffect(() => {
		ask("get", "/api/studies", {}).then(
			(page) => {
				list.value = ready(page.studies);
			},
			(thrown) => {
				list.value = { state: "failed", problem: asProblem(thrown) };
			},
		);
	}, []);
	const found = list.value;
	return (
		<main class="start">
			<h1>Studies</h1>
			{found.state === "ready" && (
				<ul>
					{found.value.map((one) => (
						<li key={one.id}>
							<a href={addressOf({ study: one.id, analysis: null, image: null, frame: 0 })}>
								{one.name}
							</a>
						</li>
					))}
				</ul>
			)}
		</main>
	);
}
