/** How far a classifier's estimate goes, in words and on a scale. */
import type { Malignancy } from "./types";
import { percent } from "./words";

/** Where a label's zone of indecision lies on the scale from 0 to 1; null where there is none. */
export function zoneOf({ undecided }: Malignancy): [number, number] | null {
	if (undecided == null) return null;
	const [low, high] = undecided.map((one) => Math.min(1, Math.max(0, one)));
	return low === undefined || high === undefined || high <= low ? null : [low, high];
}

/**
 * Say which labels remain possible. That is what is known of an estimate's uncertainty: a set of
 * labels that holds the right one at a chosen rate, not an interval around the probability.
 */
export function possibleInWords({ possible, error_rate, defer }: Malignancy): string | null {
	if (possible == null || error_rate == null) {
		if (defer == null) return null;
		return defer
			? "At the classifier's error rate both labels are possible, or neither is."
			: "At the classifier's error rate one label alone is possible.";
	}
	const rate = `At an error rate of ${percent(error_rate)} for each label`;
	if (possible.length === 0) return `${rate}, no label is possible: it is unlike what was learned.`;
	if (possible.length === 1) return `${rate}, ${possible[0]} alone is possible.`;
	return `${rate}, ${possible.join(" and ")} are both possible.`;
}
