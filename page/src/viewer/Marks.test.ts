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
	expect(placeOfName(RINGS, view, SIZE)).toEqual({ x: 76.5, y: 78.5 });
	// Mirrored about the middle, the square's left side is at 400 - 150.5.
	expect(placeOfName(RINGS, flip(view, "x", SIZE), SIZE).x).toBe(225.5);
});

it("names do not leave the canvas", () => {
	const view = { ...fit(SIZE, SIZE), x: 390, y: -500 };
	expect(placeOfName(RINGS, view, SIZE)).toEqual({ x: 376, y: 0 });
});

it("names stand beside a round outline, not at its box's corner", () => {
	const circle = Array.from({ length: 360 }, (_, i): [number, number] => {
		const turn = (i * Math.PI) / 180;
		return [200 + 100 * Math.cos(turn), 150 + 100 * Math.sin(turn)];
	});
	const { x, y } = placeOfName([circle], fit(SIZE, SIZE), SIZE);
	// The name's lower right corner lies on the outline.
	expect(Math.hypot(x + 24 - 200.5, y + 22 - 150.5)).toBeCloseTo(100);
});
