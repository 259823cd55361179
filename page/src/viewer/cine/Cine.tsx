/** The scrubber of an image of several frames, with what is said of them over time. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { FrameValues } from "../../api/types";
import { type Binding, bind } from "../../app/keys";
import { valueIn } from "../../app/loaded";
import { analysis, frame, image } from "../../study/session";
import { tool } from "../stage";
import { After, Before, Pause, Play } from "../toolbar/icons";
import { Curve } from "./Curve";
import { keysOf, type Measure, said, stretchesOf } from "./curve";
import { goTo, isPlaying, SPEEDS, speed, toggle } from "./player";
import { retry, values } from "./values";
import "./cine.css";

const measure = signal<Measure>("malignancy");

const key = (name: string, does: string, run: () => void): Binding => ({
	key: name,
	does,
	group: "Cine",
	run,
});
const KEYS = [
	key("ArrowLeft", "Frame before", () => goTo(frame.peek() - 1)),
	key("ArrowRight", "Next frame", () => goTo(frame.peek() + 1)),
	key("Home", "First frame", () => goTo(0)),
	key("End", "Last frame", () => goTo(Number.POSITIVE_INFINITY)),
];
/** With a tool, the space bar moves the frame while it is held. */
const PLAY = key(" ", "Play or pause", toggle);

export function Cine() {
	const frames = image.value?.frames ?? 1;
	const isCine = frames > 1;
	const canPlay = isCine && tool.value === null;
	useEffect(() => (isCine ? bind(...KEYS) : undefined), [isCine]);
	useEffect(() => (canPlay ? bind(PLAY) : undefined), [canPlay]);
	useEffect(
		() => () => {
			isPlaying.value = false;
		},
		[image.value?.id],
	);
	if (!isCine) return null;
	return (
		<section class="cine" aria-label="Cine">
			<Controls frames={frames} />
			<Scrubber frames={frames} />
		</section>
	);
}

function Scrubber({ frames }: { frames: number }) {
	const loaded = values.value;
	const known = valueIn(loaded) ?? [];
	const now = frame.value;
	return (
		<div class="scrubber">
			<Curve
				values={known}
				frames={frames}
				every={analysis.value?.asked.every ?? 1}
				measure={measure.value}
			/>
			<input
				type="range"
				min={0}
				max={frames - 1}
				value={now}
				aria-label="Frame"
				aria-valuetext={`Frame ${now + 1} of ${frames}: ${said(known, now, measure.value)}`}
				style={{ left: `${50 / frames}%`, width: `${100 - 100 / frames}%` }}
				onInput={(event) => goTo(Number(event.currentTarget.value))}
				// The page's keys work again once the pointer has let go.
				onPointerUp={(event) => event.currentTarget.blur()}
				onKeyDown={(event) => {
					if (event.key !== " ") return;
					event.preventDefault();
					toggle();
				}}
			/>
			{loaded.state === "failed" && (
				<p class="problem" role="alert">
					No curve: {loaded.problem.message}. What to do: {loaded.problem.todo}.{" "}
					<button type="button" onClick={retry}>
						Try again
					</button>
				</p>
			)}
		</div>
	);
}

/** What the strip below the curve says, where it says anything. */
function StripKey({ values, frames }: { values: FrameValues[]; frames: number }) {
	const states = new Set(stretchesOf(values, frames).map((one) => one.state));
	if (values.length === 0) return null;
	return (
		<span class="strip-key">
			{states.has("other") && (
				<span>
					<i class="other" /> not B-mode
				</span>
			)}
			{states.has("gap") && (
				<span>
					<i class="gap" /> not analyzed
				</span>
			)}
		</span>
	);
}

function Controls({ frames }: { frames: number }) {
	const known = valueIn(values.value) ?? [];
	const now = frame.value;
	return (
		<div class="controls">
			<button
				type="button"
				aria-label="Frame before"
				title="Frame before (←)"
				onClick={() => goTo(now - 1)}
			>
				<Before />
			</button>
			<button
				type="button"
				aria-label={isPlaying.value ? "Pause" : "Play"}
				title={`${isPlaying.value ? "Pause" : "Play"} (space)`}
				onClick={toggle}
			>
				{isPlaying.value ? <Pause /> : <Play />}
			</button>
			<button
				type="button"
				aria-label="Next frame"
				title="Next frame (→)"
				onClick={() => goTo(now + 1)}
			>
				<After />
			</button>
			<span class="now">
				Frame {now + 1}/{frames}
			</span>
			<label>
				<span class="visually-hidden">Speed</span>
				<select
					value={speed.value}
					onChange={(event) => {
						speed.value = Number(event.currentTarget.value);
					}}
				>
					{SPEEDS.map((one) => (
						<option key={one} value={one}>
							{one} frames/s
						</option>
					))}
				</select>
			</label>
			<label>
				<span class="visually-hidden">Curve</span>
				<select
					value={measure.value}
					onChange={(event) => {
						measure.value = event.currentTarget.value as Measure;
					}}
				>
					<option value="malignancy">Malignancy</option>
					<option value="long axis">Long axis</option>
				</select>
			</label>
			<span class="said">{said(known, now, measure.value)}</span>
			<StripKey values={known} frames={frames} />
			{keysOf(known).map(({ frame, number, keys }) => (
				<button
					key={`${number}-${frame}`}
					type="button"
					class="key"
					title={`Nodule ${number}, ${keys.join(" and ")}: frame ${frame + 1}`}
					onClick={() => goTo(frame)}
				>
					{keys.includes("largest") ? "◆" : "◇"} {number} {keys.join(", ")}
				</button>
			))}
		</div>
	);
}
