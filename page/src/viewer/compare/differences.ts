/** What two analyses say differently of a frame, in numbers. */
import type { Contour, Nodule } from "../../api/types";
import type { Shown } from "../../study/pane";
import { axisOf } from "../axes";
import { dice } from "../dice";

export interface Row {
	what: string;
	unit: string;
	here: number | null;
	there: number | null;
	digits: number;
}

/** A nodule of both analyses, or of one alone. */
export interface Pair {
	here: number | null;
	there: number | null;
	dice: number | null;
	rows: Row[];
}

interface Both {
	contour: Contour;
	nodule: Nodule;
}

function nodulesOf({ contours, state }: Shown): Both[] {
	return contours.flatMap((contour) => {
		const nodule = state.finding.nodules?.find((one) => one.id === contour.nodule);
		return nodule === undefined ? [] : [{ contour, nodule }];
	});
}

function rowsOf(a: Nodule | null, b: Nodule | null): Row[] {
	const inMm = [a, b].every((one) => one === null || one.area_mm2 != null);
	const area = (one: Nodule | null) => (inMm ? (one?.area_mm2 ?? null) : (one?.area_px ?? null));
	const axis = (one: Nodule | null) => {
		if (one === null) return null;
		return inMm ? axisOf(one, "long").value : one.long_axis_px;
	};
	const share = (one: Nodule | null) => one?.malignancy?.probability ?? null;
	return [
		{
			what: "Area",
			unit: inMm ? "mm²" : "px",
			here: area(a),
			there: area(b),
			digits: inMm ? 1 : 0,
		},
		{ what: "Long axis", unit: inMm ? "mm" : "px", here: axis(a), there: axis(b), digits: 1 },
		{ what: "Malignancy", unit: "", here: share(a), there: share(b), digits: 2 },
	];
}

/** Pair nodules that overlap, the best first; those that nothing overlaps stay alone. */
export function differences(here: Shown, there: Shown): Pair[] {
	const [ours, theirs] = [nodulesOf(here), nodulesOf(there)];
	const agreed = ours
		.flatMap((a) => theirs.map((b) => ({ a, b, dice: dice(a.contour.rings, b.contour.rings) })))
		.filter((one) => one.dice > 0)
		.sort((one, other) => other.dice - one.dice);
	const taken = new Set<Both>();
	const pairs: Pair[] = [];
	for (const { a, b, dice } of agreed) {
		if (taken.has(a) || taken.has(b)) continue;
		taken.add(a).add(b);
		const numbers = { here: a.contour.number, there: b.contour.number };
		pairs.push({ ...numbers, dice, rows: rowsOf(a.nodule, b.nodule) });
	}
	for (const a of ours.filter((one) => !taken.has(one))) {
		pairs.push({ here: a.contour.number, there: null, dice: null, rows: rowsOf(a.nodule, null) });
	}
	for (const b of theirs.filter((one) => !taken.has(one))) {
		pairs.push({ here: null, there: b.contour.number, dice: null, rows: rowsOf(null, b.nodule) });
	}
	return pairs.sort((one, other) => (one.here ?? 1e6) - (other.here ?? 1e6));
}
