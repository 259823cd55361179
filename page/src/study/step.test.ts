import { describe, expect, it } from "vitest";
import { step } from "./step";

describe("step", () => {
	const all = ["a", "b", "c"];

	it("goes round the ends", () => {
		expect(step(all, "c", 1)).toBe("a");
		expect(step(all, "a", -1)).toBe("c");
	});

	it("begins at an end where nothing is chosen, or something that is gone", () => {
		expect(step(all, null, 1)).toBe("a");
		expect(step(all, "gone", -1)).toBe("c");
		expect(step([], null, 1)).toBeNull();
	});
});
