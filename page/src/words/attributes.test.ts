import { describe, expect, it } from "vitest";
import type { Understood } from "../api/types";
import { attributesOf, type Descriptors, filled, fillings, sayValue } from "./attributes";

const told = (said: Partial<Descriptors>): Descriptors => ({ target: "nodule", ...said });
const understood = (said: Partial<Descriptors>, conflicts: string[] = []): Understood => ({
	descriptors: told(said),
	statements: [],
	conflicts,
	corrected: {},
	not_understood: [],
});

describe("attributesOf", () => {
	it("takes what both have in the same words", () => {
		const same = {
			composition: "solid",
			echogenicity: "very hypoechoic",
			shape: "taller than wide",
			margin: "spiculated",
			size_mm: [12, 9.5],
		} as const;
		expect(attributesOf(told({ ...same, size_mm: [12, 9.5] }))).toEqual(same);
	});

	it("makes lobe and pole a site", () => {
		expect(attributesOf(told({ side: "left", pole: "upper" })).site).toBe("left lobe, upper pole");
		expect(attributesOf(told({ side: "isthmus" })).site).toBe("isthmus");
		expect(attributesOf(told({ side: "right", pole: "middle" })).site).toBe(
			"right lobe, middle third",
		);
	});

	it("leaves out what the attributes have no word for", () => {
		expect(attributesOf(told({ composition: "dense", foci: ["unspecified"] }))).toEqual({});
		expect(attributesOf(told({ size: "small", horizontal: "left", vertical: "upper" }))).toEqual(
			{},
		);
		expect(attributesOf({ target: "infection", composition: "solid" })).toEqual({});
	});

	it("keeps foci that are none, and those that are several", () => {
		expect(attributesOf(told({ foci: ["none"] })).foci).toEqual(["none"]);
		expect(attributesOf(told({ foci: ["punctate", "comet-tail"] })).foci).toHaveLength(2);
	});
});

describe("fillings", () => {
	it("fill what is free, and do not replace by themselves what the user set", () => {
		const all = fillings(understood({ composition: "solid", margin: "smooth" }), {
			composition: "cystic",
		});
		expect(all.map((one) => [one.name, one.why])).toEqual([
			["composition", "you set something else"],
			["margin", null],
		]);
		expect(filled({ composition: "cystic" }, all, new Set(["margin"]))).toEqual({
			composition: "cystic",
			margin: "smooth",
		});
		expect(filled({ composition: "cystic" }, all, new Set(["composition"]))).toEqual({
			composition: "solid",
		});
	});

	it("say what is set already, contradicts itself, or has no counterpart", () => {
		const all = fillings(
			understood({ shape: "wider than tall", margin: "smooth", foci: ["unspecified"] }, ["margin"]),
			{ shape: "wider than tall" },
		);
		expect(all.map((one) => one.why)).toEqual([
			"is set already",
			"the report names several; the first is taken if you tick it",
			"has no counterpart among the attributes",
		]);
		expect(filled(null, all, new Set(["foci"]))).toEqual({});
	});
});

describe("sayValue", () => {
	it("says sizes in millimetres and foci in a row", () => {
		expect(sayValue([12, 9.5])).toBe("12 × 9.5 mm");
		expect(sayValue(["punctate", "comet-tail"])).toBe("punctate, comet-tail");
	});
});
