/** What undo and redo go back and forth to: states, the oldest forgotten when they weigh too much. */

/** In points of outlines; about 16 bytes each. */
export const MOST = 400_000;

export interface Steps<T> {
	past: readonly T[];
	now: T;
	future: readonly T[];
}

export const begin = <T>(now: T): Steps<T> => ({ past: [], now, future: [] });

/** Go on to a new state; what was undone is gone. */
export function step<T>({ past, now }: Steps<T>, next: T, weigh: (state: T) => number): Steps<T> {
	const kept = [...past, now];
	let weight = kept.reduce((sum, state) => sum + weigh(state), 0);
	while (kept.length > 1 && weight > MOST) weight -= weigh(kept.shift() as T);
	return { past: kept, now: next, future: [] };
}

export function undo<T>(steps: Steps<T>): Steps<T> {
	const before = steps.past.at(-1);
	if (before === undefined) return steps;
	return { past: steps.past.slice(0, -1), now: before, future: [steps.now, ...steps.future] };
}

export function redo<T>(steps: Steps<T>): Steps<T> {
	const [next, ...future] = steps.future;
	if (next === undefined) return steps;
	return { past: [...steps.past, steps.now], now: next, future };
}
