/** What the colours of a map mean, how far it is, or why there is none. */
import { effect, useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Pane } from "../../study/pane";
import { askForAnalysis } from "../compare/AskAnalysis";
import { GRADIENT, LEAST } from "./colours";
import { type Drawn, kind, load, mapOf, wantedOf } from "./maps";
import "./maps.css";

/** The server's own legend, cut from its picture. */
function Legend({ picture, part }: NonNullable<Drawn["legend"]>) {
	const canvas = useRef<HTMLCanvasElement>(null);
	useEffect(() => {
		const { x, y, width, height } = part;
		canvas.current?.getContext("2d")?.drawImage(picture, x, y, width, height, 0, 0, width, height);
	}, [picture]);
	return (
		<canvas
			ref={canvas}
			width={part.width}
			height={part.height}
			role="img"
			aria-label="Blue speaks against suspicion, orange for it"
		/>
	);
}

function Confidence() {
	return (
		<>
			<p>Probability of nodule</p>
			<div class="ramp" style={{ background: GRADIENT }} />
			<p class="ends">
				<span>0</span>
				<span>0.5</span>
				<span>1</span>
			</p>
			<p class="faint">below {LEAST} not coloured</p>
		</>
	);
}

export function MapKey({ pane }: { pane: Pane }) {
	const tries = useSignal(0);
	const wanted = useComputed(() => JSON.stringify(wantedOf(pane)));
	useEffect(
		() =>
			effect(() => {
				tries.value;
				return load(pane, JSON.parse(wanted.value));
			}),
		[pane],
	);
	if (kind.value === "none") return null;
	const map = mapOf(pane).value;
	const what = kind.value === "confidence" ? "confidence map" : "map of what it looked at";
	return (
		<section class="map-key" aria-label={`Legend of the ${what}`} aria-live="polite">
			{map.state === "loading" && (
				<label>
					{kind.value === "confidence"
						? "Loading the confidence map …"
						: "Hiding place after place to see what matters; this takes some seconds …"}
					<progress />
				</label>
			)}
			{map.state === "empty" && (
				<p>
					{kind.value === "looked-at"
						? "Select a nodule to see what was looked at."
						: "There is no confidence map of this frame."}
				</p>
			)}
			{map.state === "failed" && (
				<>
					<p class="problem">
						No {what}: {map.problem.message}. What to do: {map.problem.todo}.
					</p>
					{map.problem.status === 409 ? (
						<button type="button" onClick={askForAnalysis}>
							Analyze with other models …
						</button>
					) : (
						<button
							type="button"
							onClick={() => {
								tries.value++;
							}}
						>
							Try again
						</button>
					)}
				</>
			)}
			{map.state === "ready" && kind.value === "confidence" && <Confidence />}
			{map.state === "ready" && map.value.legend !== null && <Legend {...map.value.legend} />}
		</section>
	);
}
