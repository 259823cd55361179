import { h, render } from "preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { App } from "../App";
import type { Study } from "../api/types";
import { bindings } from "../app/keys";
import { ready } from "../app/loaded";
import { place } from "../app/route";
import { crosshair } from "../edit/keyboard";
import { KINDS } from "../edit/toolbox";
import { corners, polygon } from "../edit/tools/polygon";
import { study } from "../study/session";
import { measuring } from "../viewer/calipers/tool";
import type { Tool } from "../viewer/scene";
import { take } from "../viewer/stage";
import { windowing } from "../viewer/windowing";

/** What the same key may do in turn: with a tool in hand, it is the tool's. */
const MEANT = /^(Escape|Delete|Enter| |(Shift\+)?Arrow\w+)$/;

const ID = "0123456789abcdef";
const image = (id: string, frames: number) => ({ id, name: id, frames, dicom: false });
const STUDY = {
	id: ID,
	name: "Study",
	created: 0,
	images: [image("a", 9), image("b", 1)],
	analyses: [
		{ id: "x", study: ID, asked: { every: 1 }, state: "done", review: "open", images_done: 0 },
	],
} as unknown as Study;

beforeEach(() => {
	// A server that never answers, and a browser that draws nothing.
	vi.stubGlobal("fetch", () => new Promise(() => {}));
	HTMLCanvasElement.prototype.getContext = () => null;
	Element.prototype.scrollIntoView = () => {};
	vi.stubGlobal("EventSource", class extends EventTarget {});
	study.value = ready(STUDY);
	place.value = { study: ID, analysis: null, image: null, frame: 0 };
	render(h(App, {}), document.body);
});
afterEach(async () => {
	take(null);
	crosshair.value = null;
	corners.value = [];
	render(null, document.body);
	await vi.waitFor(() => expect(bindings.value).toEqual([]));
	vi.unstubAllGlobals();
});

const hands: [string, Tool | null][] = [
	["the pointer alone", null],
	["calipers", measuring],
	["window and level", windowing],
	...KINDS.map((one): [string, Tool] => [one.name, one.tool]),
];

it.each(hands)("with %s in hand, no key is bound twice", async (_, tool) => {
	take(tool);
	if (tool !== null) crosshair.value = { x: 1, y: 1 };
	if (tool === polygon) corners.value = [{ x: 1, y: 1 }];
	await vi.waitFor(() => expect(bindings.value.length).toBeGreaterThan(50));
	const keys = bindings.value.map((one) => one.key);
	const twice = keys.filter((key, i) => keys.indexOf(key) !== i && !MEANT.test(key));
	expect(twice).toEqual([]);
});

it("what a key does is said once in its group", async () => {
	await vi.waitFor(() => expect(bindings.value.length).toBeGreaterThan(50));
	for (const { key, does, group } of bindings.value) {
		const same = bindings.value.filter((one) => one.key === key && one.group === group);
		expect(same.map((one) => one.does)).toEqual([does]);
	}
});
