/** What the user says of a nodule: merged, stored, one change after the other. */
import { valueIn } from "../app/loaded";
import { say as tell } from "../app/say";
import { isSame, type Pane } from "../study/pane";
import type { UserAttributes } from "./types";

/** The categories of ACR TI-RADS in its order, with the values that the user can choose from. */
export const CHOICES = {
	composition: [
		"cystic",
		"spongiform",
		"predominantly cystic",
		"mixed",
		"predominantly solid",
		"solid",
		"undeterminable",
	],
	echogenicity: [
		"anechoic",
		"hyperechoic",
		"isoechoic",
		"hypoechoic",
		"very hypoechoic",
		"undeterminable",
	],
	shape: ["wider than tall", "taller than wide"],
	margin: [
		"smooth",
		"well defined",
		"ill-defined",
		"lobulated or irregular",
		"macrolobulated",
		"microlobulated",
		"spiculated",
		"extrathyroidal extension",
		"undeterminable",
	],
} as const satisfies {
	[K in "composition" | "echogenicity" | "shape" | "margin"]: NonNullable<UserAttributes[K]>[];
};

export type Single = keyof typeof CHOICES;

export type Focus = NonNullable<UserAttributes["foci"]>[number];
export const FOCI: Focus[] = [
	"none",
	"comet-tail",
	"macrocalcification",
	"peripheral rim",
	"punctate",
];

/** Return what is said after a change of it; null where nothing is left. */
export function merged(
	before: UserAttributes | null | undefined,
	change: Partial<UserAttributes>,
): UserAttributes | null {
	const after = { ...before, ...change };
	return Object.values(after).some((one) => one != null) ? after : null;
}

/** Return the foci after one was ticked or not: none stands alone, and no tick says nothing. */
export function tick(foci: Focus[] | null | undefined, one: Focus, on: boolean): Focus[] | null {
	const others = (foci ?? []).filter((each) => each !== one);
	if (!on) return others.length > 0 ? others : null;
	if (one === "none") return ["none"];
	return FOCI.filter((each) => each === one || (each !== "none" && others.includes(each)));
}

/** A diameter that the server takes, in millimetres. */
const GREATEST = 200;

/**
 * Read up to three diameters: "12 × 9.5 × 15", with × or x or * between them.
 *
 * @returns null where nothing is written, or words that say what is wrong.
 */
export function readSizes(text: string): number[] | null | string {
	const bare = text.trim().replace(/\s*mm$/i, "");
	if (bare === "") return null;
	// A comma is the decimal sign of half of the world.
	const sizes = bare.split(/\s*[×x*]\s*|\s+/i).map((one) => Number(one.replace(",", ".") || "?"));
	if (sizes.some(Number.isNaN)) return "Write diameters as numbers: 12 × 9 × 15";
	if (sizes.length > 3) return "Three diameters at most";
	if (sizes.some((one) => one <= 0 || one > GREATEST)) {
		return `Each diameter lies between 0 and ${GREATEST} mm`;
	}
	return sizes;
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Store a change of what is said of a nodule.
 *
 * Changes that follow quickly wait for each other: each is merged into what the one before left.
 *
 * @param change - fields to replace, null for what is no longer said; null takes all back.
 */
export function say(
	pane: Pane,
	nodule: number,
	change: Partial<UserAttributes> | null,
): Promise<boolean> {
	const spot = valueIn(pane.shown.peek())?.spot ?? null;
	const stored = last.then(() => {
		const shown = valueIn(pane.shown.peek());
		if (!isSame(shown?.spot ?? null, spot)) {
			tell(
				"The last attribute was not stored, since another frame is shown now",
				"go back to the frame and choose it again",
			);
			return false;
		}
		const before = shown?.state.by_user[nodule]?.attributes;
		const attributes = change === null ? null : merged(before, change);
		return pane.change({ action: "attributes", nodule, attributes }, "panel");
	});
	last = stored;
	return stored;
}
