import { describe, expect, it } from "vitest";
import type { Analysis, Asked } from "../api/types";
import { modelsOf, standingOf, timeOf } from "./words";

const ASKED = { segmenter: "unet", classifier: "forest", every: 1 } as Asked;

describe("modelsOf", () => {
	it("names the models, and what else makes the analysis another one", () => {
		expect(modelsOf(ASKED)).toBe("unet + forest");
		expect(modelsOf({ ...ASKED, classifier: "none", text: "left", mm_per_px: 0.1, every: 4 })).toBe(
			"unet + no classifier, with words, 0.1 mm/px, each 4th frame",
		);
	});
});

describe("standingOf", () => {
	const of = (state: string, review: string) => standingOf({ state, review } as Analysis);

	it("is the verdict once there is one, and a job's state before", () => {
		expect(of("running", "open")).toBe("running");
		expect(of("done", "open")).toBe("to review");
		expect(of("done", "accepted")).toBe("accepted");
	});
});

describe("timeOf", () => {
	it("leaves out the day where it is today", () => {
		const noon = new Date(2024, 4, 6, 12, 34);
		const seconds = noon.getTime() / 1000;
		expect(timeOf(seconds, noon)).not.toContain("2024");
		expect(timeOf(seconds, new Date(2024, 4, 7))).toContain("2024");
	});
});
