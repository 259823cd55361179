import { describe, expect, it } from "vitest";
import type { Finding } from "../api/types";
import { lengthOf, originOf, scaleInWords, written } from "./lengths";

type Scale = NonNullable<Finding["scale"]>;
const scale = (known: Partial<Scale>): Scale => ({
	mm_per_px: null,
	mm_per_px_xy: null,
	from: "unknown",
	confidence: 0,
	note: "",
	...known,
});
const LINE: [{ x: number; y: number }, { x: number; y: number }] = [
	{ x: 10, y: 10 },
	{ x: 40, y: 50 },
];

describe("lengthOf", () => {
	it("is in pixels without a scale", () => {
		expect(lengthOf(LINE, scale({}))).toEqual({ value: 50, unit: "px" });
		expect(lengthOf(LINE, undefined).unit).toBe("px");
	});

	it("is in millimetres with one, the same both ways or not", () => {
		expect(lengthOf(LINE, scale({ mm_per_px: 0.1 })).value).toBeCloseTo(5);
		const length = lengthOf(LINE, scale({ mm_per_px_xy: [0.1, 0.2] }));
		expect(length.value).toBeCloseTo(Math.hypot(3, 8));
		expect(length.unit).toBe("mm");
	});
});

it("written says tenths of a millimetre, and whole pixels", () => {
	expect(written({ value: 12.345, unit: "mm" })).toBe("12.3 mm");
	expect(written({ value: 12.345, unit: "px" })).toBe("12 px");
});

describe("originOf", () => {
	it("says how sure a measured scale is, and nothing where a file states it", () => {
		const ruler = scale({ mm_per_px: 0.1, from: "depth-ruler", confidence: 0.9 });
		expect(originOf(ruler)).toBe("from the depth ruler, confidence 0.9");
		const stated = scale({ mm_per_px: 0.1, from: "dicom-ultrasound-regions", confidence: 1 });
		expect(originOf(stated)).toBe("from the DICOM ultrasound region");
	});

	it("says that there is none", () => {
		expect(originOf(scale({}))).toBe("uncalibrated");
	});
});

describe("scaleInWords", () => {
	it("says where it comes from, and how sure that is", () => {
		const ruler = { mm_per_px: 0.16431, mm_per_px_xy: [0.16431, 0.16431], from: "depth-ruler" };
		expect(scaleInWords({ ...ruler, confidence: 0.95 } as Scale)).toBe(
			"0.1643 mm/px, from the depth ruler, confidence 0.95",
		);
	});

	it("has both directions where they differ, and nothing where nothing is known", () => {
		const both = { mm_per_px: null, mm_per_px_xy: [0.1, 0.12], from: "user", confidence: 1 };
		expect(scaleInWords(both as Scale)).toBe("0.1 × 0.12 mm/px, as you stated it");
		expect(scaleInWords({ from: "unknown", confidence: 0 } as Scale)).toBeNull();
	});
});
