import { expect, it } from "vitest";
import { askedOf } from "./AskAnalysis";

const form = (given: Record<string, string>) => {
	const data = new FormData();
	for (const [name, value] of Object.entries(given)) data.set(name, value);
	return data;
};

it("asks for what was chosen", () => {
	expect(
		askedOf(form({ segmenter: "a", classifier: "none", text: " on the left ", every: "3" })),
	).toEqual({ segmenter: "a", classifier: "none", text: "on the left", every: 3 });
});

it("leaves to the server what was not", () => {
	const asked = askedOf(form({ text: "  ", every: "-2" }));
	expect(asked).toMatchObject({ segmenter: null, classifier: null, text: null, every: 1 });
});
