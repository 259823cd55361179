import { expect, it } from "vitest";
import { topOf } from "./picture";

it("puts the number at the uppermost point of an outline", () => {
	expect(
		topOf([
			[5, 9],
			[7, 2],
			[9, 9],
		]),
	).toEqual({ x: 7, y: 2 });
	expect(topOf([])).toEqual({ x: 0, y: 0 });
});
