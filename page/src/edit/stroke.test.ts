import { describe, expect, it } from "vitest";
import { area, blank, partSizes } from "./mask";
import { stroke } from "./stroke";

const SIZE = { width: 100, height: 80 };

describe("stroke", () => {
	it("paints a disc where the pointer stays", () => {
		const mask = blank(SIZE);
		stroke(mask, { x: 50, y: 40 }, { x: 50, y: 40 }, 10, 1);
		expect(area(mask) / (Math.PI * 100)).toBeCloseTo(1, 1);
		expect([mask.data[40 * 100 + 60], mask.data[40 * 100 + 61]]).toEqual([1, 0]);
	});

	it("leaves no gap on a quick way, and is as wide as the brush", () => {
		const mask = blank(SIZE);
		stroke(mask, { x: 10, y: 10 }, { x: 90, y: 70 }, 3, 1);
		expect(partSizes(mask)).toHaveLength(1);
		expect(area(mask) / (6 * 100 + Math.PI * 9)).toBeCloseTo(1, 1);
	});

	it("erases what it painted, and says where something changed", () => {
		const mask = blank(SIZE);
		const [from, to] = [
			{ x: -20, y: 5 },
			{ x: 30, y: 5 },
		];
		expect(stroke(mask, from, to, 2, 1)).toEqual({ left: 0, top: 3, right: 33, bottom: 8 });
		expect(stroke(mask, from, to, 2, 1)).toBeNull();
		stroke(mask, from, to, 2, 0);
		expect(area(mask)).toBe(0);
	});

	it("takes the pixel under a brush of next to no size", () => {
		const mask = blank(SIZE);
		stroke(mask, { x: 7.4, y: 3.3 }, { x: 7.4, y: 3.3 }, 0.71, 1);
		expect(mask.data[3 * 100 + 7]).toBe(1);
	});
});
