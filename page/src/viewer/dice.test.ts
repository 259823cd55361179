import { describe, expect, it } from "vitest";
import { areaOf, dice, rowsOf } from "./dice";

/** Outline of the pixels from (x, y) on, between their centres and those outside. */
const square = (x: number, y: number, width: number, height = width): [number, number][] => [
	[x - 0.5, y - 0.5],
	[x + width - 0.5, y - 0.5],
	[x + width - 0.5, y + height - 0.5],
	[x - 0.5, y + height - 0.5],
];

describe("rowsOf", () => {
	it("holds the pixels of the mask that was outlined", () => {
		expect(areaOf(rowsOf([square(3, 4, 7, 5)]))).toBe(35);
		expect(rowsOf([square(3, 4, 7, 1)])).toEqual(new Map([[4, [[3, 10]]]]));
	});

	it("leaves holes out, and counts several parts", () => {
		expect(areaOf(rowsOf([square(0, 0, 10), square(2, 2, 3)]))).toBe(91);
		expect(areaOf(rowsOf([square(0, 0, 2), square(5, 0, 2)]))).toBe(8);
	});

	it("cuts corners as outlines do, to the same mask", () => {
		// A single pixel, as a diamond between centres.
		const pixel: [number, number][] = [
			[5, 4.5],
			[5.5, 5],
			[5, 5.5],
			[4.5, 5],
		];
		expect(rowsOf([pixel])).toEqual(new Map([[5, [[5, 6]]]]));
	});
});

describe("dice", () => {
	it("is 1 of the same, 0 apart, and exact between", () => {
		expect(dice([square(0, 0, 10)], [square(0, 0, 10)])).toBe(1);
		expect(dice([square(0, 0, 10)], [square(20, 0, 10)])).toBe(0);
		expect(dice([square(0, 0, 10)], [square(5, 0, 10)])).toBe(0.5);
		expect(dice([square(0, 0, 10)], [square(0, 0, 10), square(2, 2, 4)])).toBeCloseTo(168 / 184);
	});

	it("of nothing and nothing is 1, of something and nothing 0", () => {
		expect(dice([], [])).toBe(1);
		expect(dice([square(0, 0, 3)], [])).toBe(0);
	});
});
