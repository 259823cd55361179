/** How a study stands, by its newest analysis, in the words of the list. */
import type { Analysis, Study } from "../api/types";
import { standingOf as ofAnalysis, type Standing } from "../study/words";

const IN_WORK: Standing[] = ["waiting", "running"];

/** Return the analysis that a study is judged by: one that is in work, or else the newest. */
export function leading({ analyses }: Study): Analysis | null {
	return analyses.find((one) => IN_WORK.includes(ofAnalysis(one))) ?? analyses[0] ?? null;
}

export function standingOf(study: Study): Standing {
	const one = leading(study);
	return one === null ? "none" : ofAnalysis(one);
}

export const isInWork = (study: Study): boolean => IN_WORK.includes(standingOf(study));

/** What the list is narrowed to. */
export interface Wanted {
	name: string;
	standing: Standing | "any";
}

export const ANY: Wanted = { name: "", standing: "any" };

export const isNarrowed = ({ name, standing }: Wanted): boolean =>
	name.trim() !== "" || standing !== "any";

/** Whether a study is wanted: every word of the name is in its name or one of its files'. */
export function fits(study: Study, wanted: Wanted): boolean {
	if (wanted.standing !== "any" && standingOf(study) !== wanted.standing) return false;
	const text = [study.name, ...study.images.map((one) => one.name)].join("\n").toLowerCase();
	return wanted.name
		.toLowerCase()
		.split(/\s+/)
		.every((word) => text.includes(word));
}
