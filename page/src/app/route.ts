/** Where the user is, in the address, so that reload, back and a link lead there again. */
import { signal } from "@preact/signals";

export interface Place {
	study: string | null;
	analysis: string | null;
	image: string | null;
	frame: number;
}

const NOWHERE: Place = { study: null, analysis: null, image: null, frame: 0 };

/** Read a place from an address's fragment, as {@link addressOf} writes it. */
export function placeOf(fragment: string): Place {
	const [, study, query] = /^#\/studies\/([0-9a-f]{16})(?:\?(.*))?$/.exec(fragment) ?? [];
	if (study === undefined) return NOWHERE;
	const given = new URLSearchParams(query);
	const frame = Number(given.get("frame"));
	return {
		study,
		analysis: given.get("analysis"),
		image: given.get("image"),
		frame: Number.isInteger(frame) && frame > 0 ? frame : 0,
	};
}

export function addressOf(place: Place): string {
	if (place.study === null) return "#/";
	const query = new URLSearchParams();
	if (place.analysis !== null) query.set("analysis", place.analysis);
	if (place.image !== null) query.set("image", place.image);
	if (place.frame > 0) query.set("frame", String(place.frame));
	return `#/studies/${place.study}${query.size > 0 ? `?${query}` : ""}`;
}

export const place = signal<Place>(placeOf(location.hash));
addEventListener("hashchange", () => {
	place.value = placeOf(location.hash);
});

/** Browsers refuse to write the address many times a second, which a cine that plays would. */
const REST = 250;
let writing: ReturnType<typeof setTimeout> | undefined;

/** Write where the user is into the address, if that was put off. */
function write(): void {
	if (writing === undefined) return;
	clearTimeout(writing);
	writing = undefined;
	history.replaceState(null, "", addressOf(place.peek()));
}

/** Go somewhere; within a study without a further step for the back button. */
export function go(to: Partial<Place>): void {
	const before = place.peek();
	const next = "study" in to ? { ...NOWHERE, ...to } : { ...before, ...to };
	const address = addressOf(next);
	if (address === addressOf(before)) return;
	if (next.study === before.study) writing ??= setTimeout(write, REST);
	else {
		write();
		history.pushState(null, "", address);
	}
	place.value = next;
}
