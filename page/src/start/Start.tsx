/** Where one begins: drop files, try a sample, or open a study. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { whenOld } from "../app/fresh";
import { Choose } from "./Choose";
import { Samples } from "./Samples";
import { StudyList } from "./StudyList";
import { list, load } from "./studies";
import "./start.css";

export function Start() {
	useEffect(() => {
		void load();
		return whenOld(() => void load());
	}, []);
	const found = list.value;
	return (
		<main class="start">
			<Choose />
			{(found.state === "empty" || found.state === "loading") && (
				<section aria-busy="true">
					<h1>Studies</h1>
					<p>Loading the studies …</p>
				</section>
			)}
			{found.state === "failed" && (
				<section>
					<h1>Studies</h1>
					<div role="alert">
						<p class="problem">The studies cannot be listed: {found.problem.message}.</p>
						<p>What to do: {found.problem.todo}.</p>
					</div>
					<button type="button" onClick={() => void load()}>
						Try again
					</button>
				</section>
			)}
			{found.state === "ready" &&
				(found.value.total === 0 ? (
					<section>
						<h1>Studies</h1>
						<p>Nothing was uploaded yet. Drop a file, or begin with a sample:</p>
						<Samples />
					</section>
				) : (
					<>
						<StudyList list={found.value} />
						<MoreSamples />
					</>
				))}
		</main>
	);
}

function MoreSamples() {
	const isOpen = useSignal(false);
	return (
		<details
			onToggle={(event) => {
				isOpen.value = event.currentTarget.open;
			}}
		>
			<summary>Sample frames</summary>
			{isOpen.value && <Samples />}
		</details>
	);
}
