/** What is drawn along a cine's time. Pure arithmetic. */
import type { components } from "../../api/schema";
import type { FrameValues } from "../../api/types";
import { written } from "../lengths";

type OnFrame = components["schemas"]["OnFrame"];
export type Measure = "malignancy" | "long axis";

export interface Line {
	/** Of the nodule in the cine. */
	number: number;
	/** Stretches without a gap, of points (frame, value). */
	parts: [number, number][][];
}

/** Whether any long axis is known in millimetres; those that are not are left out then. */
export const isInMm = (values: FrameValues[]): boolean =>
	values.some((one) => one.nodules.some((nodule) => nodule.long_axis_mm !== null));

function takenOf(nodule: OnFrame, measure: Measure, mm: boolean): number | null {
	if (measure === "malignancy") return nodule.malignancy;
	return mm ? nodule.long_axis_mm : nodule.long_axis_px;
}

/**
 * Return a line for each nodule, broken where frames are missing or do not show it.
 *
 * @param every - so many frames apart are those that were to be analyzed.
 */
export function linesOf(values: FrameValues[], measure: Measure, every: number): Line[] {
	const lines = new Map<number, Line["parts"]>();
	const mm = isInMm(values);
	for (const { frame, nodules } of [...values].sort((a, b) => a.frame - b.frame)) {
		for (const nodule of nodules) {
			const value = takenOf(nodule, measure, mm);
			if (value === null) continue;
			const parts = lines.get(nodule.number) ?? [];
			lines.set(nodule.number, parts);
			const last = parts.at(-1);
			const before = last?.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY;
			// Two nodules of a frame can have one number; a line goes through the first.
			if (before === frame) continue;
			if (last !== undefined && frame - before <= every) last.push([frame, value]);
			else parts.push([[frame, value]]);
		}
	}
	return [...lines]
		.map(([number, parts]) => ({ number, parts }))
		.sort((a, b) => a.number - b.number);
}

/** Return the greatest value that the axis has room for. */
export function topOf(lines: Line[], measure: Measure): number {
	if (measure === "malignancy") return 1;
	const most = Math.max(0, ...lines.flatMap(({ parts }) => parts.flat().map(([, value]) => value)));
	const step = 10 ** Math.floor(Math.log10(most || 1));
	return step * Math.ceil((1.05 * most || 1) / step);
}

export type State = "analyzed" | "other" | "gap";

/** A stretch of frames of one state; `to` is the first that is no longer of it. */
export interface Stretch {
	state: State;
	from: number;
	to: number;
}

/** Return which frames were analyzed, which are not B-mode, and which are missing. */
export function stretchesOf(values: FrameValues[], frames: number): Stretch[] {
	const known = new Map(values.map((one) => [one.frame, one.b_mode]));
	const stretches: Stretch[] = [];
	for (let frame = 0; frame < frames; frame++) {
		const mode = known.get(frame);
		const state = mode === undefined ? "gap" : mode ? "analyzed" : "other";
		const last = stretches.at(-1);
		if (last?.state === state) last.to = frame + 1;
		else stretches.push({ state, from: frame, to: frame + 1 });
	}
	return stretches;
}

/** A frame to look at first. */
export interface Key {
	frame: number;
	number: number;
	keys: OnFrame["key"];
}

export const keysOf = (values: FrameValues[]): Key[] =>
	values
		.flatMap(({ frame, nodules }) =>
			nodules
				.filter((one) => one.key.length > 0)
				.map((one) => ({ frame, number: one.number, keys: one.key })),
		)
		.sort((a, b) => a.number - b.number || a.frame - b.frame);

/** Colours of nodules by their number, as the server draws them in every picture. */
const COLOURS = [
	"rgb(255 221 51)",
	"rgb(86 200 255)",
	"rgb(255 140 66)",
	"rgb(120 230 160)",
	"rgb(245 150 210)",
	"rgb(190 175 255)",
];
export const colourOfNumber = (number: number): string =>
	COLOURS[(number - 1) % COLOURS.length] as string;

/** Say what the nodules of a frame are worth, for a reader and for one who listens. */
export function said(values: FrameValues[], frame: number, measure: Measure): string {
	const here = values.find((one) => one.frame === frame);
	if (here === undefined) return "not analyzed";
	if (here.nodules.length === 0) return here.b_mode ? "no nodule" : "not B-mode, no nodule";
	const nodules = here.nodules.map((one) => {
		const mm = one.long_axis_mm !== null;
		const value = takenOf(one, measure, mm);
		if (value === null) return `nodule ${one.number}: no estimate`;
		const words =
			measure === "malignancy"
				? `malignancy ${value.toFixed(2)}`
				: `long axis ${written({ value, unit: mm ? "mm" : "px" })}`;
		return `nodule ${one.number}: ${words}`;
	});
	return `${here.b_mode ? "" : "not B-mode; "}${nodules.join(", ")}`;
}
