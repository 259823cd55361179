/** What is said of a reported nodule, in the radiologist's order. */
import type { components } from "../api/schema";

export type ReportedNodule = components["schemas"]["ReportedNodule"];

export interface Row {
	name: string;
	/** What each nodule has there; null where it is not known. */
	values: { text: string | null; byUser: boolean }[];
}

/** Names of the rows, the field that each shows, and what of the user's makes it the user's. */
const ROWS: [string, keyof ReportedNodule, string[]][] = [
	["Site", "site", ["site"]],
	["Size", "size", ["size_mm", "outline"]],
	["Composition", "composition", ["composition"]],
	["Echogenicity", "echogenicity", ["echogenicity"]],
	["Shape", "shape", ["shape", "outline"]],
	["Margin", "margin", ["margin"]],
	["Echogenic foci", "foci", ["foci"]],
	["TI-RADS points", "points", []],
	["TI-RADS level", "level", []],
	["Recommendation by size", "recommendation", []],
	["Classifier", "estimate", []],
];

export function rowsOf(nodules: ReportedNodule[]): Row[] {
	return ROWS.map(([name, field, given]) => ({
		name,
		values: nodules.map((one) => ({
			text: one[field] as string | null,
			byUser: given.some((each) => one.by_user.includes(each)),
		})),
	}));
}
