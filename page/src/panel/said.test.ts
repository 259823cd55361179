import { describe, expect, it, vi } from "vitest";
import type { FrameState } from "../api/types";
import { ready } from "../app/loaded";
import type { Pane } from "../study/pane";
import { merged, readSizes, say, tick } from "./said";

describe("merged", () => {
	it("keeps what else was said", () => {
		expect(merged({ margin: "smooth" }, { shape: "taller than wide" })).toEqual({
			margin: "smooth",
			shape: "taller than wide",
		});
	});

	it("is nothing once the last of it is taken back", () => {
		expect(merged({ margin: "smooth", site: null }, { margin: null })).toBeNull();
	});
});

describe("tick", () => {
	it("lets none stand alone", () => {
		expect(tick(["punctate", "comet-tail"], "none", true)).toEqual(["none"]);
		expect(tick(["none"], "punctate", true)).toEqual(["punctate"]);
	});

	it("keeps the lexicon's order, and says nothing without a tick", () => {
		expect(tick(["punctate"], "comet-tail", true)).toEqual(["comet-tail", "punctate"]);
		expect(tick(["punctate"], "punctate", false)).toBeNull();
	});
});

describe("readSizes", () => {
	it.each([
		["12 × 9.5 x 15 mm", [12, 9.5, 15]],
		["12,5*9", [12.5, 9]],
		["  8 ", [8]],
		["", null],
	])("reads %j", (text, sizes) => {
		expect(readSizes(text)).toEqual(sizes);
	});

	it.each(["1 × 2 × 3 × 4", "twelve", "0 × 5", "12 ×", "201", "-3"])(
		"says what is wrong with %j",
		(text) => {
			expect(readSizes(text)).toBeTypeOf("string");
		},
	);
});

describe("say", () => {
	it("merges a change into what the one before it stored", async () => {
		const shown = { value: ready({ state: { by_user: {} } as FrameState, contours: [] }) };
		const change = vi.fn(async ({ attributes }) => {
			await Promise.resolve();
			shown.value = ready({
				state: { by_user: { 1: { attributes } } } as unknown as FrameState,
				contours: [],
			});
			return true;
		});
		const pane = { shown: { peek: () => shown.value }, change } as unknown as Pane;
		await Promise.all([
			say(pane, 1, { margin: "smooth" }),
			say(pane, 1, { site: "left lobe" }),
			say(pane, 1, { margin: null }),
		]);
		expect(change.mock.calls.map(([one]) => one.attributes)).toEqual([
			{ margin: "smooth" },
			{ margin: "smooth", site: "left lobe" },
			{ margin: null, site: "left lobe" },
		]);
	});
});
