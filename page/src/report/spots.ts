/** The frames that a report is about, each once, in its order. */
import type { Spot } from "../study/pane";
import type { ReportedNodule } from "./rows";

/** So many pictures are printed at most; a report of more is a list. */
const MOST = 24;

/**
 * @param nodules - as they are reported.
 * @param shown - the frame that is looked at, for a report without any.
 */
export function spotsOf(analysis: string, nodules: ReportedNodule[], shown: Spot | null): Spot[] {
	const found = new Map<string, Spot>();
	for (const { image, frame } of nodules) {
		found.set(`${image} ${frame}`, { analysis, image, frame });
	}
	if (found.size === 0 && shown !== null) return [shown];
	return [...found.values()].slice(0, MOST);
}
