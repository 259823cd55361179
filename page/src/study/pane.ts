/** One look at a frame by one analysis; two of them lie side by side. */
import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { ask } from "../api/client";
import { asProblem } from "../api/problem";
import type { Action, Contour, FrameState } from "../api/types";
import { EMPTY, LOADING, type Loaded, ready, valueIn } from "../app/loaded";
import { complain, say } from "../app/say";
import { authorNow } from "./author";

/** Names a frame of an image as an analysis saw it. */
export interface Spot {
	analysis: string;
	image: string;
	frame: number;
}

/** Whether two name the same frame of the same analysis. */
export const isSame = (one: Spot | null, other: Spot | null): boolean =>
	one?.analysis === other?.analysis && one?.image === other?.image && one?.frame === other?.frame;

/** A frame as it stands, or stood at the version that is looked at, with what is drawn over it. */
export interface Shown {
	/** Not the pane's own while the next frame is on its way. */
	spot: Spot;
	state: FrameState;
	contours: Contour[];
	/** Whether an earlier version was asked for, which is only looked at. */
	isEarlier: boolean;
}

const numberIn = (shown: Shown | null, nodule: number | null): number | null =>
	shown?.contours.find((one) => one.nodule === nodule)?.number ?? nodule;

/** Return the id of the selected nodule on what is shown next; of another, where it is not there. */
function followed(selected: number | null, before: Shown | null, after: Shown): number | null {
	const ids = after.state.finding.nodules?.map((one) => one.id) ?? [];
	let same = selected;
	if (
		before !== null &&
		!isSame(before.spot, after.spot) &&
		before.spot.image === after.spot.image
	) {
		// Ids count from left to right on each frame: the same nodule may have another one here.
		const number = numberIn(before, selected);
		same = after.contours.find((one) => one.number === number)?.nodule ?? null;
	}
	return same !== null && ids.includes(same) ? same : (ids[0] ?? null);
}

export class Pane {
	readonly spot: Signal<Spot | null> = signal(null);
	/** What is said of the frame; stays while the next is on its way, so that nothing flickers. */
	readonly shown: ReadonlySignal<Loaded<Shown>>;
	/** Nodule that the panel is about, by its id on this frame; null if none. */
	readonly selected: Signal<number | null> = signal(null);
	/** Version that is looked at, to be read only; null for the newest. */
	readonly version: Signal<number | null> = signal(null);
	readonly #shown: Signal<Loaded<Shown>> = signal(EMPTY);
	#asked = 0;
	#last: Promise<unknown> = Promise.resolve();

	constructor() {
		this.shown = this.#shown;
	}

	/** Show another frame, or the same anew. */
	async show(spot: Spot | null): Promise<void> {
		const turn = ++this.#asked;
		const before = this.spot.peek();
		this.spot.value = spot;
		if (spot === null) {
			this.#shown.value = EMPTY;
			return;
		}
		if (before?.image !== spot.image) this.#shown.value = LOADING;
		if (!isSame(before, spot)) this.version.value = null;
		const version = this.version.peek();
		const given = { path: { ...spot }, query: { version } };
		const url = "/api/analyses/{analysis}/images/{image}/frames/{frame}";
		try {
			const [state, drawn] = await Promise.all([
				ask("get", url, given),
				ask("get", `${url}/contours`, given),
			]);
			// Somebody went on meanwhile.
			if (turn !== this.#asked) return;
			// The same version says the same: what hangs on it stays.
			const known = valueIn(this.#shown.peek());
			const isEarlier = version !== null;
			if (
				known !== null &&
				isSame(known.spot, spot) &&
				known.state.version === state.version &&
				known.isEarlier === isEarlier
			)
				return;
			batch(() => {
				const next = { spot, state, contours: drawn.contours, isEarlier };
				this.selected.value = followed(this.selected.peek(), known, next);
				this.#shown.value = ready(next);
			});
		} catch (thrown) {
			if (turn === this.#asked) this.#shown.value = { state: "failed", problem: asProblem(thrown) };
		}
	}

	/** Return what readers know a nodule of the frame by: its number in the cine. */
	numberOf(nodule: number | null): number | null {
		return numberIn(valueIn(this.#shown.value), nodule);
	}

	reload(): Promise<void> {
		return this.show(this.spot.peek());
	}

	/** Look at an earlier version of the frame, or with null at the newest again. */
	look(version: number | null): Promise<void> {
		this.version.value = version;
		return this.reload();
	}

	/**
	 * Correct the frame.
	 *
	 * @param tool - with what it was done: brush, polygon, clicks …
	 * @returns whether it was stored. If not, it was said why; if somebody else was faster, the
	 * newest version is shown.
	 */
	change(change: Action, tool = ""): Promise<boolean> {
		const begun = valueIn(this.#shown.peek());
		if (begun === null) return Promise.resolve(false);
		// One after the other: two that follow quickly would be taken for those of two people.
		const done = this.#last.then(() => this.#change(begun, change, tool));
		this.#last = done;
		return done;
	}

	async #change(begun: Shown, change: Action, tool: string): Promise<boolean> {
		const now = valueIn(this.#shown.peek());
		// The frame that it was meant for, as the change before left it.
		const shown = now !== null && isSame(now.spot, begun.spot) ? now : begun;
		if (this.version.peek() !== null || shown.isEarlier) {
			say("This is an earlier version of the frame", "restore it, or go back to the newest one");
			return false;
		}
		try {
			await ask("post", "/api/analyses/{analysis}/images/{image}/frames/{frame}/changes", {
				path: { ...shown.spot },
				body: { base: shown.state.version, change, tool, author: authorNow() },
			});
		} catch (thrown) {
			const problem = asProblem(thrown);
			if (problem.status === 409) {
				await this.reload();
				say(
					"Somebody else changed this frame meanwhile; what they did is shown now",
					"look whether your change is still wanted, and make it again",
				);
			} else complain(problem);
			return false;
		}
		await this.reload();
		return true;
	}
}
