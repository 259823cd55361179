/** Words that all of the page has in common. */

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

/** Return a number in a row: 1st, 2nd, 3rd, 4th. */
export function ordinal(n: number): string {
	const ends: Record<string, string> = { one: "st", two: "nd", few: "rd" };
	return `${n}${ends[new Intl.PluralRules("en", { type: "ordinal" }).select(n)] ?? "th"}`;
}
