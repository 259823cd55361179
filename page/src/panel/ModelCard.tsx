/** A model's card: what it learned from, how good it is, what it is not for. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "../api/client";
import { asProblem } from "../api/problem";
import { Dialog } from "../app/Dialog";
import { LOADING, type Loaded, ready } from "../app/loaded";
import "./card.css";

export function ModelCard({ name, onClose }: { name: string; onClose: () => void }) {
	const card = useSignal<Loaded<string>>(LOADING);
	useEffect(() => {
		ask("get", "/api/models/{name}/card", { path: { name } }).then(
			({ html }) => {
				card.value = ready(html);
			},
			(thrown) => {
				card.value = { state: "failed", problem: asProblem(thrown) };
			},
		);
	}, [name]);
	const found = card.value;
	return (
		<Dialog title={`Model card: ${name}`} onClose={onClose} size="wide">
			{found.state === "loading" && <p aria-busy="true">Loading the card …</p>}
			{found.state === "failed" && (
				<p class="problem" role="alert">
					{found.problem.message}. What to do: {found.problem.todo}.
				</p>
			)}
			{found.state === "ready" && (
				// The server makes it safe: no scripts, no raw HTML, no pictures.
				<div class="card" dangerouslySetInnerHTML={{ __html: found.value }} />
			)}
		</Dialog>
	);
}
