import { expect, it } from "vitest";
import type { Contour } from "../api/types";
import { isInside, noduleAt } from "./hit";

const square = (x: number, y: number, size: number): [number, number][] => [
	[x, y],
	[x + size, y],
	[x + size, y + size],
	[x, y + size],
];
const contour = (nodule: number, ...rings: [number, number][][]) => ({ nodule, rings }) as Contour;

it("counts a hole as outside", () => {
	const rings = [square(0, 0, 10), square(4, 4, 2)];
	expect(isInside(rings, { x: 2, y: 5 })).toBe(true);
	expect(isInside(rings, { x: 5, y: 5 })).toBe(false);
	expect(isInside(rings, { x: 11, y: 5 })).toBe(false);
});

it("finds the smaller of two that lie over each other", () => {
	const both = [contour(1, square(0, 0, 100)), contour(2, square(10, 10, 20))];
	expect(noduleAt(both, { x: 15, y: 15 })).toBe(2);
	expect(noduleAt(both, { x: 50, y: 50 })).toBe(1);
	expect(noduleAt(both, { x: 500, y: 50 })).toBeNull();
});
