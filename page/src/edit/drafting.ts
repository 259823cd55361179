/** The outline that is being drawn: begun, changed step by step, stored or discarded. */
import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { ask } from "../api/client";
import type { Action, FrameState } from "../api/types";
import { valueIn } from "../app/loaded";
import { complain, say } from "../app/say";
import { authorNow } from "../study/author";
import { isSame, type Spot } from "../study/pane";
import { pane, reload, study } from "../study/session";
import { hidden } from "../viewer/outlines";
import type { Tool } from "../viewer/scene";
import { tool } from "../viewer/stage";
import type { Size } from "../viewer/view";
import { forget, type Kept, keep, keptOf, type Stand } from "./kept";
import {
	type Box,
	bounds,
	isEqual,
	joined,
	largestPart,
	type Mask,
	partSizes,
	whole,
} from "./mask";
import { draw, type Ring, trace } from "./rings";
import { begin, redo, type Steps, step, undo } from "./steps";
import { offerBack } from "./undone";

export interface Subject {
	spot: Spot;
	size: Size;
	/** Of the frame, that the draft began with. */
	version: number;
	/** Null for one that is to be added. */
	nodule: number | null;
	/** Red, green, blue. */
	colour: readonly number[];
}

/** Of a nodule that has no number yet. */
const NEW = [255, 255, 255];

export const subject = signal<Subject | null>(null);
const steps = signal<Steps<Stand> | null>(null);

/** The draft as it stands after the last whole step. */
export const stand = computed(() => steps.value?.now ?? null);
export const canUndo = computed(() => (steps.value?.past.length ?? 0) > 0);
export const canRedo = computed(() => (steps.value?.future.length ?? 0) > 0);
/** In how many parts the draft is; a nodule is one. */
export const parts = computed(() => {
	const known = steps.value;
	return known === null || mask === null || known.now.rings.length < 2 ? 1 : partSizes(mask).length;
});
/** Whether there is something to store. */
export const isChanged = canUndo;
export const isSaving = signal(false);

const tools = new Set<Tool>();

/** Make a tool one of those that draw: while one is taken up, there is a draft. */
export function drawing<T extends Tool>(one: T): T {
	tools.add(one);
	return one;
}

export const isDrawing = computed(() => tool.value !== null && tools.has(tool.value));

/** Counts every change of the pixels, so that what draws them hears of it. */
export const painted = signal(0);
let mask: Mask | null = null;
let dirty: Box | null = null;

/** The frame's state, where it can be corrected. */
export const editable = computed(() => {
	const shown = valueIn(pane.shown.value);
	if (shown === null || shown.isEarlier || pane.version.value !== null) return null;
	const { error, width, height } = shown.state.finding;
	if (error != null || width == null || height == null) return null;
	return { ...shown, size: { width, height } };
});

/** Pixels of the draft; after changing them call {@link touch}, and {@link commit} in the end. */
export const pixels = (): Mask | null => mask;

/** Return what changed since the last call; null if nothing did. */
export function takeDirty(): Box | null {
	const box = dirty;
	dirty = null;
	return box;
}

/** Say that pixels changed within a box. */
export function touch(box: Box | null): void {
	if (box === null) return;
	dirty = joined(dirty, box);
	painted.value = painted.peek() + 1;
}

/** Draw outlines in the place of all that is there; not yet a step. */
export function redraw(rings: readonly Ring[]): void {
	if (mask === null) return;
	const next = draw(rings as Ring[], mask);
	const before = bounds(mask);
	mask.data.set(next.data);
	// All at once: it is drawn as soon as it is touched.
	touch(joined(before, bounds(mask)));
}

/** Begin with a nodule's outline, or with nothing; what was not stored of the frame is taken up. */
export function open(nodule: number | null = pane.selected.peek()): void {
	const frame = editable.peek();
	if (frame === null) return;
	const kept = keptOf(frame.spot);
	const number = kept === null ? nodule : newest(kept.nodule, frame.state);
	const contour = frame.contours.find((one) => one.nodule === number);
	const rings = (contour?.rings ?? []) as Ring[];
	const first: Stand = { rings, clicks: [], before: rings, tool: "" };
	batch(() => {
		subject.value = {
			spot: frame.spot,
			size: frame.size,
			version: frame.state.version,
			nodule: contour === undefined ? null : (number as number),
			colour: contour?.colour ?? NEW,
		};
		mask = draw(rings, frame.size);
		dirty = whole(frame.size);
		steps.value = begin(first);
		hidden.value = subject.value.nodule;
		painted.value = painted.peek() + 1;
		if (kept !== null) go(step(begin(first), kept, weigh));
	});
}

/** Return the number that a draft is of; null if somebody removed the nodule meanwhile. */
const newest = (nodule: number | null, state: FrameState): number | null =>
	state.finding.nodules?.some((one) => one.id === nodule) ? nodule : null;

const weigh = (one: Stand): number => one.rings.reduce((sum, ring) => sum + ring.length, 0);

/** Make the pixels as they are a step, unless they are as they were. */
export function commit(by: string): void {
	const known = stand.peek();
	if (mask === null || known === null || isEqual(draw(known.rings, mask), mask)) return;
	const rings = trace(mask);
	put({ rings, clicks: [], before: rings, tool: by });
}

/** Make a step. */
export function put(next: Stand): void {
	const known = steps.peek();
	if (known !== null) go(step(known, next, weigh));
}

/** Go back a step, or forth. */
export function undoStep(): void {
	const known = steps.peek();
	if (known !== null) go(undo(known));
}
export function redoStep(): void {
	const known = steps.peek();
	if (known !== null) go(redo(known));
}

/** Show the pixels of the last whole step again. */
export function revert(): void {
	const known = stand.peek();
	if (known !== null) redraw(known.rings);
}

function go(to: Steps<Stand>): void {
	batch(() => {
		redraw(to.now.rings);
		steps.value = to;
		const of = subject.peek();
		const state = valueIn(pane.shown.peek())?.state;
		if (of === null || state === undefined) return;
		if (to.past.length === 0) forget(of.spot);
		else {
			keep({
				...to.now,
				tool: toolsOf(to),
				study: valueIn(study.peek())?.id ?? "",
				spot: of.spot,
				version: state.version,
				nodule: of.nodule,
				at: Date.now(),
			});
		}
	});
}

/** Return the tools of a draft as a change names them. */
function toolsOf({ past, now }: Steps<Stand>): string {
	const names = [...past, now].flatMap((one) => one.tool.split(" ")).filter((name) => name !== "");
	return [...new Set(names)].join(" ").slice(0, 40);
}

function close(): void {
	batch(() => {
		subject.value = null;
		steps.value = null;
		hidden.value = null;
		mask = null;
		painted.value = painted.peek() + 1;
	});
}

/** Give up the draft; the stored outline stays. */
export function discard(): void {
	const of = subject.peek();
	if (of === null) return;
	forget(of.spot);
	close();
	if (isDrawing.peek()) open();
}

/** Store the draft; it stays where that fails. */
export async function save(): Promise<void> {
	const of = subject.peek();
	const kept = of === null ? null : keptOf(of.spot);
	if (of === null || kept === null || isSaving.peek()) return;
	if (kept.rings.length === 0) {
		say("There is no outline to save", "draw one, or remove the nodule");
		return;
	}
	const before = valueIn(pane.shown.peek())?.state;
	isSaving.value = true;
	const stored = await pane.change(actionOf(kept), kept.tool);
	isSaving.value = false;
	if (!stored) return;
	const shown = valueIn(pane.shown.peek());
	if (of.nodule === null && isSame(shown?.spot ?? null, of.spot)) {
		select(newNodule(before, shown?.state));
	}
	// What was drawn while it was on its way is a change of what was stored.
	if (keptOf(of.spot)?.rings !== kept.rings) return;
	forget(of.spot);
	if (isSame(subject.peek()?.spot ?? null, of.spot)) close();
	if (isDrawing.peek() && subject.peek() === null) open();
	if (before !== undefined) {
		offerBack({ text: "Outline saved", spot: of.spot, version: before.version });
	}
}

/** Return the number of the nodule that one version has and the one before it had not. */
function newNodule(before: FrameState | undefined, after: FrameState | undefined): number | null {
	const known = before?.finding.nodules?.map((one) => one.id) ?? [];
	return after?.finding.nodules?.find((one) => !known.includes(one.id))?.id ?? null;
}

/** Select a nodule that was added; the draft is its from now on. */
function select(nodule: number | null): void {
	if (nodule === null) return;
	batch(() => {
		pane.selected.value = nodule;
		const of = subject.peek();
		if (of !== null && of.nodule === null) {
			subject.value = { ...of, nodule };
			hidden.value = nodule;
			const kept = keptOf(of.spot);
			if (kept !== null) keep({ ...kept, nodule });
		}
	});
}

/** Store a draft of a frame that is not looked at. */
export async function saveElsewhere(kept: Kept): Promise<void> {
	try {
		await ask("post", "/api/analyses/{analysis}/images/{image}/frames/{frame}/changes", {
			path: { ...kept.spot },
			body: {
				base: kept.version,
				change: actionOf(kept),
				tool: kept.tool,
				author: authorNow(),
			},
		});
		// What was drawn while it was on its way is still to be stored.
		if (keptOf(kept.spot)?.rings === kept.rings) {
			forget(kept.spot);
			if (isSame(subject.peek()?.spot ?? null, kept.spot)) close();
		}
		void reload();
		if (isSame(pane.spot.peek(), kept.spot)) void pane.reload();
		say(`Outline on frame ${kept.spot.frame + 1} saved`);
	} catch (thrown) {
		complain(thrown);
	}
}

/** The server closes holes and takes at most 100 rings: what it would leave out is not sent. */
function actionOf({ nodule, rings }: Pick<Kept, "nodule" | "rings">): Action {
	const sent = [...rings].sort((a, b) => b.length - a.length).slice(0, 100);
	return nodule === null
		? { action: "add", rings: sent }
		: { action: "outline", nodule, rings: sent };
}

/** Remove the nodule that is selected; it can be taken back. */
export async function remove(): Promise<void> {
	const frame = editable.peek();
	const nodule = pane.selected.peek();
	if (frame === null || nodule === null) return;
	const number = pane.numberOf(nodule);
	const kept = keptOf(frame.spot);
	const isOfIt = kept?.nodule === nodule;
	if (isOfIt) forget(frame.spot);
	if (subject.peek()?.nodule === nodule) close();
	if (!(await pane.change({ action: "remove", nodule }))) {
		if (isOfIt) keep(kept);
		if (isDrawing.peek() && subject.peek() === null) open();
		return;
	}
	offerBack({ text: `Nodule ${number} removed`, spot: frame.spot, version: frame.state.version });
	if (isDrawing.peek() && subject.peek() === null) open();
}

/** Begin a nodule that the model missed; return whether that could be. */
export function add(): boolean {
	const frame = editable.peek();
	if (frame === null) return false;
	if (keptOf(frame.spot) !== null) {
		say("There is an outline on this frame that is not saved", "save or discard it first");
		return false;
	}
	open(null);
	return true;
}

/** Leave the largest part alone: a nodule is one. */
export function keepLargest(): void {
	if (mask === null) return;
	redraw(trace(largestPart(mask)));
	commit("largest");
}

// The draft belongs to a frame and, until something is drawn, to the nodule that is selected.
effect(() => {
	const now = {
		frame: editable.value,
		// An earlier version is only looked at: what is drawn waits until the newest is back.
		spot: pane.version.value === null ? pane.spot.value : null,
		selected: pane.selected.value,
		isDrawing: isDrawing.value,
	};
	untracked(() => follow(now));
});

interface Now {
	frame: typeof editable.value;
	spot: Spot | null;
	selected: number | null;
	isDrawing: boolean;
}

function follow({ frame, spot, selected, isDrawing }: Now): void {
	if (subject.peek() !== null && !isSame(spot, subject.peek()?.spot ?? null)) close();
	// The next frame, or its newest version, is on its way.
	if (frame === null || !isSame(spot, frame.spot)) return;
	const of = subject.peek();
	if (of !== null && isChanged.peek()) {
		rebase(of, frame.state);
		return;
	}
	const isRight =
		of !== null &&
		(of.nodule === null || (of.nodule === selected && of.version === frame.state.version));
	if (isDrawing && !isRight) open(selected);
	else if (!isDrawing && of !== null) close();
}

/** Lay the draft on top of a newer version of the frame. */
function rebase(of: Subject, state: FrameState): void {
	if (of.nodule !== null && newest(of.nodule, state) === null) {
		say("Somebody removed this nodule meanwhile; saving adds your outline as a new one");
		subject.value = { ...of, nodule: null, colour: NEW };
		hidden.value = null;
	}
	const kept = keptOf(of.spot);
	if (kept !== null && kept.version !== state.version) {
		keep({ ...kept, version: state.version, nodule: subject.peek()?.nodule ?? null });
	}
}
