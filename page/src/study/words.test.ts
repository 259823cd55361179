import { describe, expect, it } from "vitest";
import type { Analysis, Asked } from "../api/types";
import { modelsOf, standingOf } from "./words";

const ASKED = { segmenter: "unet", classifier: "forest", every: 1 } as Asked;

describe("modelsOf", () => {
	it("names the models, and what else makes the analysis another one", () => {
		expect(modelsOf(ASKED)).toBe("unet + forest");
		expect(modelsOf({ ...ASKED, classifier: "none", text: "left", mm_per_px: 0.1, every: 3 })).toBe(
			"unet + no classifier, “left”, 0.1 mm/px, every 3rd frame",
		);
	});

	it("quotes the beginning of a report", () => {
		expect(modelsOf({ ...ASKED, text: "a".repeat(300) })).toMatch(/^unet \+ forest, “a{40}…”$/);
	});
});

describe("standingOf", () => {
	const of = (state: string, review: string) => standingOf({ state, review } as Analysis);

	it("is the verdict once there is one, and a job's state before", () => {
		expect(of("queued", "open")).toBe("waiting");
		expect(of("running", "open")).toBe("running");
		expect(of("done", "open")).toBe("open");
		expect(of("done", "accepted")).toBe("accepted");
	});
});
