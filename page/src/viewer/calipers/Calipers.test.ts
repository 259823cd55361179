import { expect, it } from "vitest";
import { stepped } from "./Calipers";

const AS_IS = { flipX: false, flipY: false };

it("moves an end by a pixel, by ten with Shift", () => {
	expect(stepped({ x: 5, y: 5 }, "ArrowLeft", false, AS_IS)).toEqual({ x: 4, y: 5 });
	expect(stepped({ x: 5, y: 5 }, "ArrowDown", true, AS_IS)).toEqual({ x: 5, y: 15 });
});

it("moves it to the side that is seen where the frame is mirrored", () => {
	const mirrored = { flipX: true, flipY: false };
	expect(stepped({ x: 5, y: 5 }, "ArrowLeft", false, mirrored)).toEqual({ x: 6, y: 5 });
});

it("leaves other keys to others", () => {
	expect(stepped({ x: 5, y: 5 }, "Enter", false, AS_IS)).toBeNull();
});
