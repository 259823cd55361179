/** The versions of a frame, and the first of them laid beside the newest. */
import { effect, signal } from "@preact/signals";
import { ask } from "../api/client";
import { asProblem } from "../api/problem";
import type { Contour, Recorded } from "../api/types";
import { EMPTY, LOADING, type Loaded, ready, valueIn } from "../app/loaded";
import { isSame, type Spot } from "../study/pane";
import { pane } from "../study/session";
import { dice } from "../viewer/dice";
import { pathOf } from "../viewer/outlines";
import type { Layer } from "../viewer/scene";
import { transform } from "../viewer/view";

export const versions = signal<Loaded<Recorded[]>>(EMPTY);

/** Whether the model's own outlines lie over the newest. */
export const isCompared = signal(false);
/** The model's own outlines. */
export const original = signal<Loaded<Contour[]>>(EMPTY);

const FRAME = "/api/analyses/{analysis}/images/{image}/frames/{frame}";

const isHere = (spot: Spot) => isSame(spot, pane.spot.peek());

let listed: { spot: Spot; version: number } | null = null;
effect(() => {
	const shown = valueIn(pane.shown.value);
	if (shown === null) {
		versions.value = EMPTY;
		listed = null;
		return;
	}
	const { spot, state } = shown;
	// Earlier versions that are looked at are in the list already.
	if (listed !== null && isSame(spot, listed.spot) && state.version <= listed.version) return;
	if (!isSame(spot, listed?.spot ?? null)) versions.value = LOADING;
	listed = { spot, version: state.version };
	void load(spot);
});

/** Load the list of versions. */
export async function load(spot: Spot): Promise<void> {
	try {
		const found = await ask("get", `${FRAME}/changes`, { path: { ...spot } });
		if (isHere(spot)) versions.value = ready(found);
	} catch (thrown) {
		if (isHere(spot)) versions.value = { state: "failed", problem: asProblem(thrown) };
	}
}

let compared: Spot | null = null;
effect(() => {
	const spot = pane.spot.value;
	if (!isCompared.value || spot === null || isSame(spot, compared)) return;
	compared = spot;
	original.value = LOADING;
	ask("get", `${FRAME}/contours`, { path: { ...spot }, query: { version: 0 } }).then(
		({ contours }) => {
			if (isHere(spot)) original.value = ready(contours);
		},
		(thrown) => {
			compared = null;
			if (isHere(spot)) original.value = { state: "failed", problem: asProblem(thrown) };
		},
	);
});

/** A nodule then and now: what of it is the same. */
export interface Compared {
	nodule: number;
	/** Null where it is on one side alone. */
	dice: number | null;
	is: "the same" | "changed" | "added" | "removed";
}

/** Say of each nodule what became of the model's outline. */
export function compare(model: Contour[], now: Contour[]): Compared[] {
	const numbers = [...new Set([...model, ...now].map((one) => one.nodule))].sort((a, b) => a - b);
	return numbers.map((nodule) => {
		const [first, last] = [model, now].map((all) => all.find((one) => one.nodule === nodule));
		if (first === undefined) return { nodule, dice: null, is: "added" };
		if (last === undefined) return { nodule, dice: null, is: "removed" };
		const common = dice(first.rings, last.rings);
		return { nodule, dice: common, is: common === 1 ? "the same" : "changed" };
	});
}

/** Go back to a version; what came after it stays in the list. */
export async function restore(version: number): Promise<void> {
	await pane.look(null);
	await pane.change({ action: "restore", version });
}

const ACTIONS: Record<string, string> = {
	outline: "outlined",
	add: "added",
	remove: "removed",
	attributes: "described",
	judge: "judged",
};

/** Say what a change did, in words. */
export function describe({ action, nodule, tool, restored }: Recorded): string {
	if (action === "restore") {
		return restored === 0 ? "Back to the model's version" : `Back to version ${restored}`;
	}
	const by = tool === "" ? "" : `: ${tool}`;
	return `Nodule ${pane.numberOf(nodule)} ${ACTIONS[action] ?? action}${by}`;
}

/** The model's outlines, dashed, over the newest. */
export const originalLayer: Layer = ({ context, view, density, pane: shown }) => {
	if (!isCompared.value || shown !== pane) return;
	context.save();
	transform(context, view, density);
	for (const one of valueIn(original.value) ?? []) {
		const path = pathOf(one.rings);
		context.lineWidth = 3 / view.scale;
		context.strokeStyle = "rgb(0 0 0 / 70%)";
		context.stroke(path);
		context.setLineDash([6 / view.scale, 5 / view.scale]);
		context.lineWidth = 2 / view.scale;
		context.strokeStyle = "#fff";
		context.stroke(path);
		context.setLineDash([]);
	}
	context.restore();
};
