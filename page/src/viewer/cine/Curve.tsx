/** Values over the frames, drawn. */
import type { FrameValues } from "../../api/types";
import { colourOfNumber, isInMm, keysOf, linesOf, type Measure, stretchesOf, topOf } from "./curve";

interface Props {
	values: FrameValues[];
	frames: number;
	every: number;
	measure: Measure;
}

/** Height of the drawing's own units; its width is a unit a frame. */
const HEIGHT = 100;
const STRIP = 8;

export function Curve({ values, frames, every, measure }: Props) {
	const lines = linesOf(values, measure, every);
	const top = topOf(lines, measure);
	const y = (value: number) => (HEIGHT - STRIP - 4) * (1 - value / top) + 2;
	const unit = measure === "malignancy" ? "" : isInMm(values) ? " mm" : " px";
	return (
		<>
			<svg viewBox={`0 0 ${frames} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
				{measure === "malignancy" && (
					<line class="half" x1="0" x2={frames} y1={y(0.5)} y2={y(0.5)} />
				)}
				{lines.map(({ number, parts }) =>
					parts.map((part) => (
						<path
							key={`${number}-${part[0]?.[0]}`}
							class="line"
							stroke={colourOfNumber(number)}
							// A stretch of one frame is a dash as wide as the frame.
							d={
								part.length === 1
									? part.map(([x, v]) => `M${x + 0.1} ${y(v)}h0.8`).join("")
									: `M${part.map(([x, v]) => `${x + 0.5} ${y(v)}`).join("L")}`
							}
						/>
					)),
				)}
				{stretchesOf(values, frames).map(({ state, from, to }) => (
					<rect
						key={from}
						class={state}
						x={from}
						width={to - from}
						y={HEIGHT - STRIP}
						height={STRIP}
					/>
				))}
			</svg>
			<ul class="keys" aria-hidden="true">
				{keysOf(values).map(({ frame, number, keys }) => (
					<li
						key={`${number}-${frame}`}
						style={{ left: `${(100 * (frame + 0.5)) / frames}%`, color: colourOfNumber(number) }}
					>
						{keys.includes("largest") ? "◆" : "◇"}
					</li>
				))}
			</ul>
			<span class="top" aria-hidden="true">
				{top}
				{unit}
			</span>
			<span class="bottom" aria-hidden="true">
				0
			</span>
		</>
	);
}
