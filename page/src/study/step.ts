/** Return the neighbour of one of a list, round its ends; the first where there is none yet. */
export function step<T>(all: T[], from: T | null, by: 1 | -1): T | null {
	const at = from === null ? -1 : all.indexOf(from);
	if (at < 0) return all[by === 1 ? 0 : all.length - 1] ?? null;
	return all[(at + by + all.length) % all.length] ?? null;
}
