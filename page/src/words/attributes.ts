/** What a report says of a nodule as the attributes that a user gives. */
import type { Understood, UserAttributes } from "../api/types";

export type Descriptors = NonNullable<Understood["descriptors"]>;
export type Name = keyof UserAttributes;

/** In the order of ACR TI-RADS. */
export const NAMES: Name[] = [
	"composition",
	"echogenicity",
	"shape",
	"margin",
	"foci",
	"site",
	"size_mm",
];

/** Fields of the descriptors that an attribute comes from. */
const FROM: Record<Name, (keyof Descriptors)[]> = {
	composition: ["composition"],
	echogenicity: ["echogenicity"],
	shape: ["shape"],
	margin: ["margin"],
	foci: ["foci"],
	site: ["side", "pole"],
	size_mm: ["size_mm"],
};

export interface Filling {
	name: Name;
	/** What the report says; null where it says nothing that an attribute can hold. */
	said: NonNullable<UserAttributes[Name]> | null;
	/** What the user set before; null if nothing. */
	was: NonNullable<UserAttributes[Name]> | null;
	/** Why it is not filled in by itself; null where it is. */
	why: string | null;
}

/** Return what a report can fill in, attribute by attribute; those that it is silent about are left out. */
export function fillings(understood: Understood, before: UserAttributes | null): Filling[] {
	const { descriptors, conflicts = [] } = understood;
	if (descriptors === undefined) return [];
	const told = attributesOf(descriptors);
	const found: Filling[] = [];
	for (const name of NAMES) {
		const said = told[name] ?? null;
		const was = before?.[name] ?? null;
		const isTold = FROM[name].some((field) => descriptors[field] != null);
		if (!isTold) continue;
		found.push({ name, said, was, why: reason(name, said, was, conflicts) });
	}
	return found;
}

function reason(
	name: Name,
	said: Filling["said"],
	was: Filling["was"],
	conflicts: readonly string[],
): string | null {
	if (said === null) return "has no counterpart among the attributes";
	if (was !== null && JSON.stringify(was) === JSON.stringify(said)) return "is set already";
	if (FROM[name].some((field) => conflicts.includes(field))) {
		return "the report names several; the first is taken if you tick it";
	}
	return was === null ? null : "you set something else";
}

/** Return a user's attributes with some of a report's in their places. */
export function filled(
	before: UserAttributes | null,
	all: readonly Filling[],
	wanted: ReadonlySet<Name>,
): UserAttributes {
	const taken = all.filter((one) => one.said !== null && wanted.has(one.name));
	return { ...before, ...Object.fromEntries(taken.map((one) => [one.name, one.said])) };
}

/** Return the descriptors that are attributes too. */
export function attributesOf(told: Descriptors): UserAttributes {
	if (told.target === "infection") return {};
	const { composition, echogenicity, shape, margin, size_mm } = told;
	const found: UserAttributes = {};
	// A dense area is the lung's; the lexicon of the thyroid has no such composition.
	if (composition != null && composition !== "dense") found.composition = composition;
	if (echogenicity != null) found.echogenicity = echogenicity;
	if (shape != null) found.shape = shape;
	if (margin != null) found.margin = margin;
	// Foci of a kind that is not said have no points.
	const foci = told.foci?.filter((one) => one !== "unspecified") ?? [];
	if (foci.length > 0) found.foci = foci;
	const site = siteOf(told);
	if (site !== null) found.site = site;
	if (size_mm != null && size_mm.length > 0) found.size_mm = [...size_mm];
	return found;
}

function siteOf({ side, pole }: Descriptors): string | null {
	const lobe = side == null ? null : side === "isthmus" ? "isthmus" : `${side} lobe`;
	const part = pole == null ? null : pole === "middle" ? "middle third" : `${pole} pole`;
	const parts = [lobe, part].filter((one) => one !== null);
	return parts.length === 0 ? null : parts.join(", ");
}

/** Say a value of an attribute. */
export function sayValue(value: Filling["said"]): string {
	if (!Array.isArray(value)) return value ?? "–";
	return typeof value[0] === "number" ? `${value.join(" × ")} mm` : value.join(", ");
}
