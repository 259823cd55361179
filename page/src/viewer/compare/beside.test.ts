import { expect, it } from "vitest";
import type { Analysis, Asked } from "../../api/types";
import { nameOf } from "./beside";

const name = (asked: Partial<Asked>) => nameOf({ asked: { every: 1, ...asked } } as Analysis);

it("names an analysis by all that tells it from another", () => {
	expect(name({ segmenter: "a", classifier: "b" })).toBe("a · b");
	expect(name({ segmenter: "a", classifier: "none", text: "on the left", every: 3 })).toBe(
		"a · no classifier · “on the left” · every 3 frames",
	);
});
