/** What the server says of words, for people to read. */
import type { Tried } from "../api/types";

type Use = NonNullable<Tried["with_words"]["text"]>;
type Outcome = NonNullable<Use["agreement"]>[number];
export type Said = NonNullable<Use["understood"]>[number];

const OUTCOMES: Record<Outcome, string> = {
	"nothing said": "no word of size or place in the picture",
	agrees: "the usual outline agrees with the words",
	changed: "the outline was changed to agree with the words",
	"nothing agrees":
		"no outline that the model holds possible agrees; the usual one stays. Check the words, and the outline",
};

/** Say for each scan area what became of words of size and place. */
export function outcomes(agreement: readonly Outcome[]): string[] {
	const isOne = agreement.length === 1;
	return agreement.map((outcome, i) => {
		const text = OUTCOMES[outcome];
		return isOne ? `${text.charAt(0).toUpperCase()}${text.slice(1)}.` : `View ${i + 1}: ${text}.`;
	});
}

/** Notes that only say again what {@link outcomes} says. */
const SAID = /^(the outline was changed to agree|no outline that the model holds possible)/;

/** Return the notes that the words brought about. */
export function notesOf({ with_words, without_words }: Tried): string[] {
	const usual = new Set(without_words.notes ?? []);
	return (with_words.notes ?? []).filter((note) => !usual.has(note) && !SAID.test(note));
}

const FIELDS: Record<string, string> = {
	foci: "echogenic foci",
	size_mm: "size",
	relative_size: "size",
	relative_depth: "depth",
	side: "lobe",
	pole: "pole",
	vertical: "place",
	horizontal: "place",
	present: "finding",
};

/** Name a field of the descriptors. */
export const fieldName = (field: string): string => FIELDS[field] ?? field;

/** Say a statement in a few words, so that the patient's side and the picture's are told apart. */
export function phrase({ field, value, certainty }: Said): string {
	const what = thing(field, value);
	if (certainty === "uncertain") return `perhaps ${what}`;
	if (certainty === "affirmed") return what;
	return field === "foci" || field === "present" ? `no ${what}` : `not ${what}`;
}

function thing(field: string, value: string): string {
	if (field === "side" && value !== "isthmus") return `${value} lobe`;
	if (field === "pole") return `${value} pole`;
	if (field === "relative_size" || field === "relative_depth") return `the ${value} of several`;
	if (field === "horizontal" || field === "vertical") return `${value} part of the picture`;
	if (field !== "foci") return value;
	if (value === "none") return "no echogenic foci";
	return value === "unspecified" ? "echogenic foci" : value;
}

/** Whether a side or pole of the patient was said, and no place in the picture: an easy slip. */
export function isOfThePatient(said: readonly Said[]): boolean {
	const fields = said.map((one) => one.field);
	return (
		(fields.includes("side") || fields.includes("pole")) &&
		!fields.includes("horizontal") &&
		!fields.includes("vertical")
	);
}
