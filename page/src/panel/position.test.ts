import { describe, expect, it } from "vitest";
import type { Finding } from "../api/types";
import { positionOf } from "./position";
import type { Nodule } from "./types";

const NODULE = {
	scan_area: 1,
	bounding_box: { x: 430, y: 40, width: 40, height: 20 },
} as Nodule;
const AREAS = [
	{ x: 0, y: 0, width: 300, height: 300 },
	{ x: 300, y: 20, width: 300, height: 300 },
];

describe("positionOf", () => {
	it("is that in the nodule's own view", () => {
		const finding = { scan_areas: AREAS } as Finding;
		expect(positionOf(NODULE, finding)).toBe("upper third, centre, view 2 of 2");
	});

	it("has a depth where the scale is known", () => {
		const finding = { scan_areas: [{ x: 200, y: 20, width: 300, height: 300 }] } as Finding;
		const scale = { mm_per_px_xy: [0.1, 0.2] } as Finding["scale"];
		expect(positionOf({ ...NODULE, scan_area: 0 }, { ...finding, scale } as Finding)).toBe(
			"upper third, right, 6 mm deep",
		);
	});
});
