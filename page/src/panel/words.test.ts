import { describe, expect, it } from "vitest";
import type { Nodule, Scale, TiRads } from "./types";
import { axesOf, levelsOf, percent, range, recommendedOf, scaleInWords } from "./words";

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

describe("scaleInWords", () => {
	it("says where it comes from, and how sure that is", () => {
		const ruler = { mm_per_px: 0.16431, mm_per_px_xy: [0.16431, 0.16431], from: "depth-ruler" };
		expect(scaleInWords({ ...ruler, confidence: 0.95 } as Scale)).toBe(
			"0.1643 mm/px, read from the depth ruler, confidence 0.95",
		);
	});

	it("has both directions where they differ, and nothing where nothing is known", () => {
		const both = { mm_per_px: null, mm_per_px_xy: [0.1, 0.12], from: "user", confidence: 1 };
		expect(scaleInWords(both as Scale)).toBe("0.1 × 0.12 mm/px, as you stated it");
		expect(scaleInWords({ from: "unknown", confidence: 0 } as Scale)).toBeNull();
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
	});

	it("recommends nothing without millimetres", () => {
		expect(recommendedOf(of(["TR4"], null))).toBe("needs the size in mm");
		expect(recommendedOf(of(["TR4"], ["follow-up", "biopsy"]))).toBe(
			"follow-up; or fine-needle biopsy",
		);
	});
});
