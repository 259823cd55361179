/** How long an analysis will still take, from the pace at which it went so far. */

export interface Step {
	/** Seconds. */
	at: number;
	/** Frames that were done then. */
	done: number;
}

/** Frames that a pace is taken from: fewer, and the loading of the models would count as pace. */
const LEAST = 1;

/**
 * Return the seconds that are left, or null while there is no pace yet.
 *
 * @param first - when counting began.
 * @param last - the newest step.
 * @param frames - of the whole analysis.
 * @param now - seconds; time since the last step counts, too.
 */
export function secondsLeft(first: Step, last: Step, frames: number, now: number): number | null {
	const done = last.done - first.done;
	const took = last.at - first.at;
	if (done < LEAST || took <= 0) return null;
	return Math.max(0, ((frames - last.done) * took) / done - (now - last.at));
}

/** Say how long, no more precisely than anybody can know. */
export function inWords(seconds: number): string {
	if (seconds < 5) return "a few seconds left";
	if (seconds < 55) return `about ${5 * Math.round(seconds / 5)} s left`;
	if (seconds < 90) return "about 1 min left";
	if (seconds < 3600) return `about ${Math.round(seconds / 60)} min left`;
	return `about ${(seconds / 3600).toFixed(1)} h left`;
}
