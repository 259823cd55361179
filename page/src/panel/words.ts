/** Numbers and terms as the panel writes them. */
import { axisOf } from "../viewer/axes";
import { written } from "../viewer/lengths";
import type { Nodule, TiRads } from "./types";

/** Return a number with so many digits after the point, at most. */
export function short(value: number, digits: number): string {
	return String(Number(value.toFixed(digits)));
}

/** Return a share as per cent: never all or nothing where it is not. */
export function percent(share: number): string {
	const rounded = Math.round(100 * share);
	if (rounded === 100 && share < 1) return "> 99 %";
	if (rounded === 0 && share > 0) return "< 1 %";
	return `${rounded} %`;
}

/** Return the axes of a nodule: in millimetres where the scale is known. */
export function axesOf(one: Nodule): string {
	const [long, short] = [axisOf(one, "long"), axisOf(one, "short")];
	return `${written(long).replace(/ .*/, "")} × ${written(short)}`;
}

export function areaOf(one: Nodule): string {
	return one.area_mm2 == null ? `${one.area_px} px²` : `${short(one.area_mm2, 0)} mm²`;
}

/** Return a range of points: "4", or "2–7". */
export function range([low, high]: readonly [number, number]): string {
	return low === high ? String(low) : `${low}–${high}`;
}

const LIST = new Intl.ListFormat("en-GB", { type: "disjunction" });

const either = (all: readonly string[]): string => LIST.format(all);

/** Return the levels that are possible, as a range where they are neighbours. */
export function levelsOf({ levels }: TiRads): string {
	const [first, last] = [levels[0], levels.at(-1)];
	if (first === undefined || last === undefined) return "not known";
	const span = Number(last.slice(2)) - Number(first.slice(2)) + 1;
	return levels.length > 2 && span === levels.length ? `${first} to ${last}` : either(levels);
}

/** Return the lowest and the highest level that are possible, for where there is little room. */
export function spanOf({ levels }: TiRads): string {
	const [first, last] = [levels[0], levels.at(-1)];
	return first === undefined || first === last ? (first ?? "") : `${first}–${last}`;
}

const RECOMMENDED = {
	none: "nothing further",
	"follow-up": "follow-up",
	biopsy: "fine-needle biopsy",
};

/** Return what ACR TI-RADS recommends for levels and size. */
export function recommendedOf({ recommendations }: TiRads): string {
	if (recommendations === null) return "needs the size in mm";
	return either(recommendations.map((one) => RECOMMENDED[one]));
}
