/** What words change: outlines with and without them, in numbers. */
import type { Contour, Finding, Nodule, Tried } from "../api/types";
import { dice } from "../viewer/dice";

/** All that is outlined on a frame. */
export interface Outlined {
	nodules: number;
	area: number;
	/** Of the largest nodule. */
	longAxis: number;
}

export interface Difference {
	with: Outlined;
	without: Outlined;
	unit: "mm" | "px";
	/** Twice the common area over the sum of areas; 1 where words change nothing. */
	dice: number;
}

/** Return the difference that words make. */
export function difference({ with_words, without_words }: Tried): Difference {
	const all = [...(with_words.nodules ?? []), ...(without_words.nodules ?? [])];
	const isScaled = all.every((one) => one.area_mm2 != null && one.long_axis_mm != null);
	return {
		with: outlined(with_words, isScaled),
		without: outlined(without_words, isScaled),
		unit: isScaled && all.length > 0 ? "mm" : "px",
		dice: dice(ringsOf(with_words), ringsOf(without_words)),
	};
}

/** Nodules of a frame do not overlap, so that their rings together are all that is outlined. */
export const ringsOf = (finding: Finding): Nodule["contour"] =>
	(finding.nodules ?? []).flatMap((one) => one.contour);

function outlined(finding: Finding, isScaled: boolean): Outlined {
	const all = finding.nodules ?? [];
	const areas = all.map((one) => (isScaled ? (one.area_mm2 as number) : one.area_px));
	const axes = all.map((one) => (isScaled ? (one.long_axis_mm as number) : one.long_axis_px));
	return {
		nodules: all.length,
		area: areas.reduce((a, b) => a + b, 0),
		longAxis: Math.max(0, ...axes),
	};
}

/** Least Dice of two outlines that are of the same nodule. */
const SAME = 0.1;

/** Return the stored nodule that an outline is of; null if it lies elsewhere. */
export function nearest(rings: Nodule["contour"], stored: Contour[]): number | null {
	let [best, number] = [SAME, null as number | null];
	for (const one of stored) {
		const common = dice(rings, one.rings);
		if (common < best) continue;
		best = common;
		number = one.nodule;
	}
	return number;
}
