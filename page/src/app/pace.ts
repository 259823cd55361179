/** How long something still takes, judged by how fast it went so far, and said in words. */

/** Before so much of it is done, or so many seconds passed, a guess would jump about. */
const LEAST_SHARE = 0.02;
const LEAST_SECONDS = 1;

/** Return the seconds that are left; null while nobody can tell. */
export function secondsLeft(done: number, total: number, seconds: number): number | null {
	if (total <= 0 || done <= 0 || done / total < LEAST_SHARE || seconds < LEAST_SECONDS) return null;
	return (seconds * Math.max(total - done, 0)) / done;
}

/** Say a time that is left, as roughly as it is known. */
export function left(seconds: number): string {
	if (seconds < 5) return "a few seconds left";
	if (seconds < 55) return `about ${5 * Math.round(seconds / 5)} s left`;
	if (seconds < 90 * 60) return `about ${Math.max(1, Math.round(seconds / 60))} min left`;
	return `about ${Math.round(seconds / 3600)} h left`;
}

/** Say a number of bytes. */
export function bytes(number: number): string {
	if (number < 1000) return `${number} B`;
	const units = ["kB", "MB", "GB", "TB"];
	const power = Math.min(Math.floor(Math.log10(number) / 3), units.length);
	const value = number / 1000 ** power;
	return `${value.toFixed(value < 9.95 ? 1 : 0)} ${units[power - 1]}`;
}
