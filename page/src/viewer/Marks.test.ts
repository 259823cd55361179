import { expect, it } from "vitest";
import { placeOfName } from "./Marks";
import { fit, flip } from "./view";

const SIZE = { width: 400, height: 300 };
const RINGS: [number, number][][] = [
	[
		[100, 100],
		[150, 100],
		[150, 140],
		[100, 140],
	],
];

it("names stand at the upper left as it is seen, mirrored too", () => {
	const view = fit(SIZE, SIZE);
	expect(placeOfName(RINGS, view, SIZE)).toEqual({ x: 83.5, y: 89.5 });
	// Mirrored about the middle, the square's left side is at 400 - 150.5.
	expect(placeOfName(RINGS, flip(view, "x", SIZE), SIZE).x).toBe(232.5);
});

it("names do not leave the canvas", () => {
	const view = { ...fit(SIZE, SIZE), x: 390, y: -500 };
	expect(placeOfName(RINGS, view, SIZE)).toEqual({ x: 366, y: 0 });
});
