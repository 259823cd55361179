/** The values frame by frame of the cine that is looked at, as they stand. */
import { computed, effect, signal } from "@preact/signals";
import { ask } from "../../api/client";
import { asProblem } from "../../api/problem";
import type { FrameValues } from "../../api/types";
import { EMPTY, type Loaded, ready, valueIn } from "../../app/loaded";
import { analysis, image, isAnalyzed, pane } from "../../study/session";

export const values = signal<Loaded<FrameValues[]>>(EMPTY);

const wanted = computed(() => {
	const [by, of] = [analysis.value, image.value];
	if (by === null || of === null || of.frames < 2 || !isAnalyzed.value) return null;
	return JSON.stringify({ analysis: by.id, image: of.id });
});

/** The frame's version where the curve was drawn from an older one: it was corrected since. */
const newer = computed(() => {
	const state = valueIn(pane.shown.value)?.state;
	const drawn = valueIn(values.value)?.find((one) => one.frame === state?.finding.frame);
	if (state === undefined || drawn === undefined || drawn.version === state.version) return null;
	return `${state.finding.frame} ${state.version}`;
});

async function load(path: string): Promise<void> {
	try {
		const found = await ask("get", "/api/analyses/{analysis}/images/{image}/curve", {
			path: JSON.parse(path),
		});
		if (wanted.peek() === path) values.value = ready(found);
	} catch (thrown) {
		if (wanted.peek() === path) values.value = { state: "failed", problem: asProblem(thrown) };
	}
}

effect(() => {
	const path = wanted.value;
	values.value = EMPTY;
	if (path !== null) void load(path);
});
effect(() => {
	if (newer.value !== null) retry();
});

export function retry(): void {
	const path = wanted.peek();
	if (path !== null) void load(path);
}
