/** Short words about studies and analyses. */
import type { Analysis, Asked } from "../api/types";

/** Return a number with its noun. */
export function counted(number: number, one: string, several = `${one}s`): string {
	return `${number} ${number === 1 ? one : several}`;
}

/** Return a time as a person here writes it; today's without its day. */
export function timeOf(seconds: number, now = new Date()): string {
	const at = new Date(1000 * seconds);
	const today = at.toDateString() === now.toDateString();
	return at.toLocaleString(undefined, {
		...(!today && { year: "numeric", month: "short", day: "numeric" }),
		hour: "2-digit",
		minute: "2-digit",
	});
}

/** Return by which models an analysis was asked for, and how. */
export function modelsOf({ segmenter, classifier, text, mm_per_px, every }: Asked): string {
	const models = [segmenter ?? "usual outlines", classifier ?? "usual classifier"];
	if (classifier === "none") models[1] = "no classifier";
	const besides = [
		...(text ? ["with words"] : []),
		...(mm_per_px ? [`${mm_per_px} mm/px`] : []),
		...(every > 1 ? [`each ${every}th frame`] : []),
	];
	return [models.join(" + "), ...besides].join(", ");
}

/** Return how an analysis stands. */
export function standingOf({ state, review }: Analysis): string {
	return state === "done" && review !== "open" ? review : state === "done" ? "to review" : state;
}
