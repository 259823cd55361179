import { expect, test } from "vitest";
import { bytes, left, secondsLeft } from "./pace";

test("time left follows the pace so far", () => {
	expect(secondsLeft(25, 100, 10)).toBe(30);
	expect(secondsLeft(100, 100, 10)).toBe(0);
});

test("nothing is guessed too early", () => {
	expect(secondsLeft(1, 100, 10)).toBeNull();
	expect(secondsLeft(50, 100, 0.5)).toBeNull();
	expect(secondsLeft(0, 0, 10)).toBeNull();
});

test.each([
	[2, "a few seconds left"],
	[22, "about 20 s left"],
	[58, "about 1 min left"],
	[125, "about 2 min left"],
	[3 * 3600, "about 3 h left"],
])("%d s is said as %s", (seconds, words) => expect(left(seconds)).toBe(words));

test.each([
	[0, "0 B"],
	[999, "999 B"],
	[1500, "1.5 kB"],
	[20_400_000, "20 MB"],
	[2_000_000_000, "2.0 GB"],
])("%d bytes are %s", (number, words) => expect(bytes(number)).toBe(words));
