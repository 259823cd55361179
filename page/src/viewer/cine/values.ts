/** The values frame by frame of the cine that is looked at, as they stand. */
import { computed, effect, signal } from "@preact/signals";
import { ask } from "../../api/client";
import { asProblem } from "../../api/problem";
import type { FrameValues } from "../../api/types";
import { EMPTY, type Loaded, ready, valueIn } from "../../app/loaded";
import { analysis, image, pane } from "../../workbench/session";

export const values = signal<Loaded<FrameValues[]>>(EMPTY);

/** While an analysis runs the curve comes so often, in milliseconds. */
const PAUSE = 1500;

const wanted = computed(() => {
	const [by, of] = [analysis.value, image.value];
	if (by === null || of === null || of.frames < 2 || by.frames_done === 0) return null;
	return JSON.stringify({ analysis: by.id, image: of.id });
});

/** Changes with what the curve is drawn from: frames done, and corrections. */
const state = computed(() => {
	const { frames_done, state } = analysis.value ?? {};
	const frame = valueIn(pane.shown.value)?.state;
	const drawn = valueIn(values.value)?.find((one) => one.frame === frame?.finding.frame);
	const isOld = frame !== undefined && drawn !== undefined && drawn.version !== frame.version;
	return `${frames_done} ${state} ${isOld ? `${frame.finding.frame} ${frame.version}` : ""}`;
});

let loadedAt = 0;

async function load(path: string): Promise<void> {
	loadedAt = Date.now();
	try {
		const found = await ask("get", "/api/analyses/{analysis}/images/{image}/curve", {
			path: JSON.parse(path),
		});
		if (wanted.peek() === path) values.value = ready(found);
	} catch (thrown) {
		if (wanted.peek() === path) values.value = { state: "failed", problem: asProblem(thrown) };
	}
}

let before: string | null = null;
effect(() => {
	const path = wanted.value;
	state.value;
	if (path !== before) values.value = EMPTY;
	const isNew = path !== before;
	before = path;
	if (path === null) return;
	const isRunning = analysis.peek()?.state === "running";
	const wait = isNew || !isRunning ? 0 : Math.max(0, loadedAt + PAUSE - Date.now());
	const timer = setTimeout(() => void load(path), wait);
	return () => clearTimeout(timer);
});

export const retry = (): void => {
	const path = wanted.peek();
	if (path !== null) void load(path);
};
