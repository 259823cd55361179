import { describe, expect, it } from "vitest";
import type { FrameValues } from "../../api/types";
import { keysOf, linesOf, said, stretchesOf, topOf } from "./curve";

type OnFrame = FrameValues["nodules"][number];
const nodule = (
	number: number,
	malignancy: number | null,
	more: Partial<OnFrame> = {},
): OnFrame => ({
	number,
	malignancy,
	area_px: 100,
	area_mm2: null,
	long_axis_px: 40,
	long_axis_mm: null,
	confidence: 0.9,
	key: [],
	...more,
});
const at = (frame: number, ...nodules: OnFrame[]): FrameValues => ({
	frame,
	version: 0,
	b_mode: true,
	nodules,
});

describe("linesOf", () => {
	it("breaks a line where a frame is missing, or does not show the nodule", () => {
		const values = [
			at(0, nodule(1, 0.1)),
			at(1, nodule(1, 0.2), nodule(2, 0.9)),
			at(3, nodule(1, 0.3)),
			at(4),
			at(5, nodule(1, 0.4)),
		];
		expect(linesOf(values, "malignancy", 1)).toEqual([
			{
				number: 1,
				parts: [
					[
						[0, 0.1],
						[1, 0.2],
					],
					[[3, 0.3]],
					[[5, 0.4]],
				],
			},
			{ number: 2, parts: [[[1, 0.9]]] },
		]);
	});

	it("goes from each analyzed frame to the next where some were left out on purpose", () => {
		const values = [at(0, nodule(1, 0.1)), at(5, nodule(1, 0.2)), at(15, nodule(1, 0.3))];
		expect(linesOf(values, "malignancy", 5)[0]?.parts.map((part) => part.length)).toEqual([2, 1]);
	});

	it("leaves out what has no estimate", () => {
		expect(linesOf([at(0, nodule(1, null))], "malignancy", 1)).toEqual([]);
	});

	it("is in pixels where no millimetres are known, and else never mixes the two", () => {
		const known = nodule(1, null, { long_axis_mm: 4 });
		expect(linesOf([at(0, nodule(1, null))], "long axis", 1)[0]?.parts).toEqual([[[0, 40]]]);
		const values = [at(0, known), at(1, nodule(1, null)), at(2, known)];
		expect(linesOf(values, "long axis", 1)[0]?.parts).toEqual([[[0, 4]], [[2, 4]]]);
	});
});

it("topOf leaves room above the longest axis, and probabilities end at 1", () => {
	const lines = (most: number) => [{ number: 1, parts: [[[0, most] as [number, number]]] }];
	expect(topOf(lines(12.3), "long axis")).toBe(20);
	expect(topOf(lines(9.8), "long axis")).toBe(11);
	expect(topOf(lines(0.3), "malignancy")).toBe(1);
	expect(topOf([], "long axis")).toBe(1);
});

it("stretchesOf tells analyzed frames, others and gaps apart", () => {
	const values = [at(1), at(2), { ...at(3), b_mode: false }];
	expect(stretchesOf(values, 6)).toEqual([
		{ state: "gap", from: 0, to: 1 },
		{ state: "analyzed", from: 1, to: 3 },
		{ state: "other", from: 3, to: 4 },
		{ state: "gap", from: 4, to: 6 },
	]);
});

it("keysOf lists the frames to look at first, nodule by nodule", () => {
	const values = [
		at(2, nodule(2, 0.5, { key: ["sharpest"] })),
		at(7, nodule(1, 0.5, { key: ["largest", "sharpest"] })),
	];
	expect(keysOf(values).map(({ frame, number }) => [number, frame])).toEqual([
		[1, 7],
		[2, 2],
	]);
});

it("said puts a frame into words", () => {
	const values = [at(0, nodule(1, 0.256)), { ...at(1), b_mode: false }];
	expect(said(values, 0, "malignancy")).toBe("nodule 1: malignancy 0.26");
	expect(said(values, 0, "long axis")).toBe("nodule 1: long axis 40 px");
	expect(said(values, 1, "malignancy")).toBe("not B-mode, no nodule");
	expect(said(values, 2, "malignancy")).toBe("not analyzed");
});
