import { describe, expect, it } from "vitest";
import { area } from "./mask";
import { dense, grip, pull } from "./pull";
import { draw, type Ring } from "./rings";

const SQUARE: Ring = [
	[10, 10],
	[50, 10],
	[50, 50],
	[10, 50],
];

describe("dense", () => {
	it("adds points a pixel apart and changes no area", () => {
		const [ring] = dense([SQUARE]);
		expect(ring).toHaveLength(160);
		const size = { width: 60, height: 60 };
		expect(area(draw([ring as Ring], size))).toBe(area(draw([SQUARE], size)));
	});
});

describe("pull", () => {
	const rings = dense([SQUARE]);
	const held = grip(rings, { x: 30, y: 8 });

	it("takes hold of the nearest point", () => {
		expect(held?.distance).toBe(2);
		expect(rings[0]?.[held?.point ?? 0]).toEqual([30, 10]);
		expect(grip([], { x: 0, y: 0 })).toBeNull();
	});

	it("moves that point wholly, its neighbours less, those beyond the reach not at all", () => {
		if (held === null) throw new Error("nothing held");
		const [moved] = pull(rings, held, { x: 0, y: -8 }, 15) as [Ring];
		const at = (x: number) => moved.find(([px, py]) => px === x && py <= 10)?.[1];
		expect(at(30)).toBe(2);
		expect(at(22)).toBeCloseTo(at(38) ?? 0);
		expect(at(25)).toBeGreaterThan(2);
		expect(at(25)).toBeLessThan(at(20) ?? 0);
		expect(at(14)).toBe(10);
		expect(moved.find(([x, y]) => x === 30 && y === 50)).toBeDefined();
	});

	it("leaves other outlines alone, and closes where the reach is longer than the outline", () => {
		const both = dense([SQUARE, SQUARE.map(([x, y]) => [x + 100, y])]);
		const [first, second] = pull(both, { ring: 0, point: 0 }, { x: 5, y: 5 }, 1e6);
		expect(second).toBe(both[1]);
		expect(first?.every(([x, y]) => Number.isFinite(x) && Number.isFinite(y))).toBe(true);
		expect(first?.[80]).toEqual([50, 50]);
	});
});
