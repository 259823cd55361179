/** Short words about analyses. */
import type { Analysis, Asked, Review } from "../api/types";
import { ordinal } from "../app/words";

/** Words longer than this are a report, and would fill the page. */
const LONGEST = 40;

/** Return by which models an analysis was asked for, and what else tells it from others. */
export function modelsOf({ segmenter, classifier, text, mm_per_px, every }: Asked): string {
	const outlines = segmenter ?? "usual outlines";
	const judged = classifier === "none" ? "no classifier" : (classifier ?? "usual classifier");
	const besides = [
		...(text ? [`“${text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}”`] : []),
		...(mm_per_px ? [`${mm_per_px} mm/px`] : []),
		...(every > 1 ? [`every ${ordinal(every)} frame`] : []),
	];
	return [`${outlines} + ${judged}`, ...besides].join(", ");
}

export type Standing = Review | "waiting" | "running" | "failed" | "cancelled" | "none";

/** How a study or an analysis stands. */
export const STANDINGS: Record<Standing, string> = {
	waiting: "Waiting",
	running: "Analyzing",
	open: "To review",
	accepted: "Accepted",
	rejected: "Rejected",
	failed: "Failed",
	cancelled: "Cancelled",
	none: "Not analyzed",
};

/** Return how an analysis stands: its verdict once it is done, and how far it is before. */
export function standingOf({ state, review }: Analysis): Standing {
	if (state === "done") return review;
	return state === "queued" ? "waiting" : state;
}
