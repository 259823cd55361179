import { describe, expect, it } from "vitest";
import { inWords, secondsLeft } from "./pace";

describe("secondsLeft", () => {
	const first = { at: 100, done: 2 };

	it("goes on at the pace so far", () => {
		expect(secondsLeft(first, { at: 110, done: 7 }, 17, 110)).toBe(20);
	});

	it("counts down between two steps, and never below nothing", () => {
		const last = { at: 110, done: 7 };
		expect(secondsLeft(first, last, 17, 113)).toBe(17);
		expect(secondsLeft(first, last, 17, 200)).toBe(0);
	});

	it("knows nothing before a frame was done under its eyes", () => {
		expect(secondsLeft(first, first, 17, 105)).toBeNull();
	});
});

describe("inWords", () => {
	it.each([
		[2, "a few seconds left"],
		[18, "about 20 s left"],
		[61, "about 1 min left"],
		[200, "about 3 min left"],
		[5400, "about 1.5 h left"],
	])("%d s", (seconds, words) => {
		expect(inWords(seconds)).toBe(words);
	});
});
