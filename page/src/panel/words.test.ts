import { describe, expect, it } from "vitest";
import type { Nodule, TiRads } from "./types";
import { axesOf, levelsOf, percent, range, recommendedOf, spanOf } from "./words";

describe("percent", () => {
	it("is never certain where the model is not", () => {
		expect([0.999, 0.001, 1, 0, 0.356].map(percent)).toEqual([
			"> 99 %",
			"< 1 %",
			"100 %",
			"0 %",
			"36 %",
		]);
	});
});

describe("axesOf", () => {
	const pixels = { long_axis_px: 81.6, short_axis_px: 40.2 } as Nodule;

	it("are millimetres where they are known, else pixels", () => {
		expect(axesOf({ ...pixels, long_axis_mm: 12.34, short_axis_mm: 9 })).toBe("12.3 × 9.0 mm");
		expect(axesOf(pixels)).toBe("82 × 40 px");
	});
});

describe("TI-RADS", () => {
	const of = (levels: string[], recommendations: TiRads["recommendations"]) =>
		({ levels, recommendations }) as TiRads;

	it("is a range as long as it is not decided", () => {
		expect([range([4, 4]), range([2, 7])]).toEqual(["4", "2–7"]);
		expect(levelsOf(of(["TR4"], null))).toBe("TR4");
		expect(levelsOf(of(["TR1", "TR2"], null))).toBe("TR1 or TR2");
		expect(levelsOf(of(["TR2", "TR3", "TR4"], null))).toBe("TR2 to TR4");
		expect(levelsOf(of(["TR1", "TR3", "TR4"], null))).toBe("TR1, TR3 or TR4");
		expect(spanOf(of(["TR1", "TR3", "TR4"], null))).toBe("TR1–TR4");
		expect(spanOf(of(["TR5"], null))).toBe("TR5");
	});

	it("recommends nothing without millimetres", () => {
		expect(recommendedOf(of(["TR4"], null))).toBe("needs the size in mm");
		expect(recommendedOf(of(["TR4"], ["follow-up", "biopsy"]))).toBe(
			"follow-up or fine-needle biopsy",
		);
	});
});
