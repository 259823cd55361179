import { expect, it } from "vitest";
import { further, neighbours } from "./player";

it("goes round about", () => {
	expect(further(8, 1, 9)).toBe(0);
	expect(further(0, -1, 9)).toBe(8);
});

it("fetches the next frames first, each once, and not the one that is there", () => {
	expect(neighbours(0, 30).slice(0, 3)).toEqual([1, 2, 3]);
	expect(neighbours(0, 30)).toContain(29);
	expect(neighbours(1, 3)).toEqual([2, 0]);
	expect(neighbours(0, 1)).toEqual([]);
});
