import { describe, expect, it } from "vitest";
import type { Contour, Finding, Nodule } from "../api/types";
import { difference, nearest } from "./difference";

const SIZE = { width: 100, height: 50 };

function ring(x: number, side = 10): Nodule["contour"] {
	const [from, to] = [x - 0.5, x + side - 0.5];
	return [
		[
			[from, -0.5],
			[to, -0.5],
			[to, side - 0.5],
			[from, side - 0.5],
		],
	];
}

function nodule(x: number, mm: number | null = null): Nodule {
	return {
		contour: ring(x),
		area_px: 100,
		area_mm2: mm === null ? null : 100 * mm * mm,
		long_axis_px: 14,
		long_axis_mm: mm === null ? null : 14 * mm,
	} as Nodule;
}

const finding = (...nodules: Nodule[]) => ({ ...SIZE, nodules }) as Finding;

describe("difference", () => {
	it("is in millimetres where all is", () => {
		const found = difference({
			with_words: finding(nodule(5, 0.1)),
			without_words: finding(nodule(0, 0.1), nodule(50, 0.1)),
			milliseconds: 1,
		});
		expect(found.unit).toBe("mm");
		expect(found.with.area).toBeCloseTo(1);
		expect(found.without).toMatchObject({ nodules: 2 });
		expect(found.without.longAxis).toBeCloseTo(1.4);
		expect(found.dice).toBeCloseTo(100 / 300);
	});

	it("is in pixels otherwise, and 1 where words change nothing", () => {
		const same = finding(nodule(0));
		const found = difference({ with_words: same, without_words: same, milliseconds: 1 });
		expect(found).toMatchObject({ unit: "px", dice: 1, with: { area: 100 } });
	});

	it("of an outline and of none is all", () => {
		const found = difference({
			with_words: finding(),
			without_words: finding(nodule(0)),
			milliseconds: 1,
		});
		expect(found).toMatchObject({ dice: 0, with: { nodules: 0, area: 0, longAxis: 0 } });
	});
});

describe("nearest", () => {
	const stored = [1, 2].map((one) => ({ nodule: one, rings: ring(40 * one) }) as Contour);

	it("is the stored nodule that is covered most", () => {
		expect(nearest(ring(43), stored)).toBe(1);
		expect(nearest(ring(77), stored)).toBe(2);
	});

	it("is none where nothing is covered", () => {
		expect(nearest(ring(0), stored)).toBeNull();
	});
});
