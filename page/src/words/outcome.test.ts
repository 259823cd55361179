import { describe, expect, it } from "vitest";
import type { Finding } from "../api/types";
import { isOfThePatient, notesOf, outcomes, phrase } from "./outcome";

describe("outcomes", () => {
	it("name the view where there are several", () => {
		expect(outcomes(["agrees"])).toEqual(["The usual outline agrees with the words."]);
		expect(outcomes(["changed", "nothing said"])).toEqual([
			"View 1: the outline was changed to agree with the words.",
			"View 2: no word of size or place in the picture.",
		]);
	});
});

describe("notesOf", () => {
	it("returns what the words brought about, nothing twice", () => {
		const finding = (...notes: string[]) => ({ notes }) as Finding;
		const found = notesOf({
			with_words: finding(
				"the scale is unknown",
				"the outline was changed to agree with the words small",
				"x does not read words; they only choose among its outlines",
			),
			without_words: finding("the scale is unknown"),
			milliseconds: 1,
		});
		expect(found).toEqual(["x does not read words; they only choose among its outlines"]);
	});
});

describe("phrase", () => {
	it("says how sure a statement is", () => {
		const said = { field: "composition", value: "solid" };
		expect(phrase({ ...said, certainty: "affirmed" })).toBe("solid");
		expect(phrase({ ...said, certainty: "uncertain" })).toBe("perhaps solid");
		expect(phrase({ ...said, certainty: "negated" })).toBe("not solid");
		const foci = { field: "foci", value: "unspecified", certainty: "negated" } as const;
		expect(phrase(foci)).toBe("no echogenic foci");
	});

	it("tells the patient's side from the picture's", () => {
		const side = { field: "side", value: "right", certainty: "affirmed" } as const;
		const place = { ...side, field: "horizontal" };
		expect([phrase(side), phrase(place)]).toEqual(["right lobe", "right part of the picture"]);
		const smaller = { field: "relative_size", value: "smaller", certainty: "affirmed" } as const;
		expect(phrase(smaller)).toBe("the smaller of several");
		expect(isOfThePatient([side])).toBe(true);
		expect(isOfThePatient([side, place])).toBe(false);
	});
});
