import { describe, expect, it } from "vitest";
import type { ReportedNodule } from "./rows";
import { spotsOf } from "./spots";

const of = (image: string, frame: number) => ({ image, frame }) as ReportedNodule;
const SHOWN = { analysis: "a", image: "z", frame: 9 };

describe("spotsOf", () => {
	it("has each frame once, however many nodules it has", () => {
		expect(spotsOf("a", [of("x", 0), of("x", 0), of("x", 3), of("y", 0)], SHOWN)).toEqual([
			{ analysis: "a", image: "x", frame: 0 },
			{ analysis: "a", image: "x", frame: 3 },
			{ analysis: "a", image: "y", frame: 0 },
		]);
	});

	it("is the frame that is looked at where nothing is reported", () => {
		expect(spotsOf("a", [], SHOWN)).toEqual([SHOWN]);
	});
});
