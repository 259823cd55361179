import { describe, expect, it } from "vitest";
import { counted, ordinal, timeOf } from "./words";

it("a number stands with its noun", () => {
	expect(counted(1, "image")).toBe("1 image");
	expect(counted(0, "analysis", "analyses")).toBe("0 analyses");
});

describe("timeOf", () => {
	it("leaves out the day where it is today", () => {
		const noon = new Date(2024, 4, 6, 12, 34);
		const seconds = noon.getTime() / 1000;
		expect(timeOf(seconds, noon)).not.toContain("2024");
		expect(timeOf(seconds, new Date(2024, 4, 7))).toContain("2024");
	});
});

it.each([
	[1, "1st"],
	[2, "2nd"],
	[3, "3rd"],
	[11, "11th"],
	[22, "22nd"],
])("%d is %s", (number, words) => expect(ordinal(number)).toBe(words));
