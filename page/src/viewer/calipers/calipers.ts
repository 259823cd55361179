/** Lengths that the user measures; kept for each frame until the page is closed. */
import { computed, signal } from "@preact/signals";
import type { Place } from "../scene";
import { place } from "../stage";
import type { Point } from "../view";

export interface Caliper {
	/** Number on its frame, from 1; not given again once it is deleted. */
	id: number;
	ends: [Point, Point];
}

export type End = 0 | 1;

const kept = signal<Record<string, Caliper[]>>({});
const counts = new Map<string, number>();

/** The one that keys and the list are about. */
export const chosen = signal<number | null>(null);

const keyOf = ({ image, frame }: Place): string => `${image}/${frame}`;

export const calipersOf = (at: Place | null): Caliper[] =>
	at === null ? [] : (kept.value[keyOf(at)] ?? []);

/** Those of the frame that is looked at. */
export const calipers = computed(() => calipersOf(place.value));

/** Add one to the frame that is looked at; return its number, null where there is no frame. */
export function add(ends: [Point, Point]): number | null {
	const at = place.peek();
	if (at === null) return null;
	const key = keyOf(at);
	const id = (counts.get(key) ?? 0) + 1;
	counts.set(key, id);
	kept.value = { ...kept.value, [key]: [...(kept.value[key] ?? []), { id, ends }] };
	chosen.value = id;
	return id;
}

function change(how: (all: Caliper[]) => Caliper[]): void {
	const at = place.peek();
	if (at === null) return;
	const key = keyOf(at);
	kept.value = { ...kept.value, [key]: how(kept.value[key] ?? []) };
}

export function moveEnd(id: number, end: End, to: Point): void {
	change((all) =>
		all.map((one) =>
			one.id === id ? { ...one, ends: end === 0 ? [to, one.ends[1]] : [one.ends[0], to] } : one,
		),
	);
}

export function remove(id: number): void {
	change((all) => all.filter((one) => one.id !== id));
	if (chosen.peek() === id) chosen.value = null;
}

/** Return the end at a point, the nearest that is not further than `reach`; null if none is. */
export function endAt(all: Caliper[], at: Point, reach: number): { id: number; end: End } | null {
	let [best, nearest]: [{ id: number; end: End } | null, number] = [null, reach];
	for (const { id, ends } of all) {
		for (const end of [0, 1] as const) {
			const distance = Math.hypot(ends[end].x - at.x, ends[end].y - at.y);
			if (distance <= nearest) [best, nearest] = [{ id, end }, distance];
		}
	}
	return best;
}
