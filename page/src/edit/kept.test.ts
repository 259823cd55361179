import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Kept } from "./kept";

const SPOT = { analysis: "a", image: "b", frame: 3 };
const DRAFT: Kept = {
	study: "s",
	spot: SPOT,
	version: 2,
	nodule: 1,
	at: 5,
	rings: [],
	before: [],
	clicks: [],
	tool: "brush",
};

const pages: typeof import("./kept")[] = [];

/** Load the module as a page does that was just loaded. */
async function reloaded() {
	vi.resetModules();
	const loaded = await import("./kept");
	pages.push(loaded);
	return loaded;
}

beforeEach(() => {
	// The window is the same for all of them, and each listens for its end.
	for (const page of pages.splice(0)) {
		for (const one of page.unsaved.value) page.forget(one.spot);
	}
	sessionStorage.clear();
});

describe("a kept draft", () => {
	it("outlives a reload, the newest of each frame", async () => {
		const first = await reloaded();
		first.keep(DRAFT);
		first.keep({ ...DRAFT, tool: "eraser" });
		first.keep({ ...DRAFT, spot: { ...SPOT, frame: 4 } });
		const { keptOf, unsaved } = await reloaded();
		expect(unsaved.value).toHaveLength(2);
		expect(keptOf(SPOT)).toEqual({ ...DRAFT, tool: "eraser" });
	});

	it("is gone when it is forgotten", async () => {
		const first = await reloaded();
		first.keep(DRAFT);
		first.forget(SPOT);
		expect((await reloaded()).unsaved.value).toEqual([]);
	});

	it("is told from what something else left there", async () => {
		sessionStorage.setItem("nodulens:draft:a/b/3", '{"spot": {}}');
		sessionStorage.setItem("nodulens:draft:a/b/4", JSON.stringify(DRAFT));
		sessionStorage.setItem("other", "not JSON");
		expect((await reloaded()).unsaved.value).toEqual([]);
	});

	it("makes the browser warn before the tab is closed", async () => {
		const { keep, forget } = await reloaded();
		const close = () => {
			const event = new Event("beforeunload", { cancelable: true });
			dispatchEvent(event);
			return event.defaultPrevented;
		};
		expect(close()).toBe(false);
		keep(DRAFT);
		expect(close()).toBe(true);
		forget(SPOT);
		expect(close()).toBe(false);
	});

	it("that cannot be read stops nothing", async () => {
		sessionStorage.setItem("nodulens:draft:a/b/3", "{");
		const { keep, unsaved } = await reloaded();
		keep(DRAFT);
		expect(unsaved.value).toEqual([DRAFT]);
	});
});
