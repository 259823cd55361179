import { describe, expect, it } from "vitest";
import { possibleInWords, zoneOf } from "./certainty";
import type { Malignancy } from "./types";

const of = (given: Partial<Malignancy>) => given as Malignancy;

describe("zoneOf", () => {
	it("stays on the scale", () => {
		expect(zoneOf(of({ undecided: [-0.2, 0.7] }))).toEqual([0, 0.7]);
		expect(zoneOf(of({ undecided: [0.3, 4] }))).toEqual([0.3, 1]);
	});

	it("is none where the classifier always decides, or never said", () => {
		expect(zoneOf(of({ undecided: [1.2, 1.4] }))).toBeNull();
		expect(zoneOf(of({}))).toBeNull();
	});
});

describe("possibleInWords", () => {
	it("names the labels that remain", () => {
		const both = of({ possible: ["benign", "suspicious"], error_rate: 0.1, defer: true });
		expect(possibleInWords(both)).toContain("10 % for each label, benign and suspicious are both");
		expect(possibleInWords({ ...both, possible: ["benign"] })).toContain("benign alone");
		expect(possibleInWords({ ...both, possible: [] })).toContain("no label is possible");
	});

	it("says what older findings say, and nothing of a classifier without a rate", () => {
		expect(possibleInWords(of({ defer: true }))).toContain("both labels are possible, or neither");
		expect(possibleInWords(of({ defer: null }))).toBeNull();
	});
});
