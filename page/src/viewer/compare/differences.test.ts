import { expect, it } from "vitest";
import type { Shown } from "../../study/pane";
import { differences } from "./differences";

const nodule = (id: number, x: number, size: number, mm: number | null, probability?: number) => ({
	contour: {
		nodule: id,
		number: id,
		rings: [
			[
				[x - 0.5, -0.5],
				[x + size - 0.5, -0.5],
				[x + size - 0.5, size - 0.5],
				[x - 0.5, size - 0.5],
			],
		],
	},
	nodule: {
		id,
		area_px: size * size,
		area_mm2: mm === null ? null : mm * mm * size * size,
		long_axis_px: size,
		long_axis_mm: mm === null ? null : mm * size,
		malignancy: probability === undefined ? null : { probability },
	},
});
const shown = (...all: ReturnType<typeof nodule>[]) =>
	({
		contours: all.map((one) => one.contour),
		state: { finding: { nodules: all.map((one) => one.nodule) } },
	}) as unknown as Shown;

it("pairs what overlaps most, whatever its number", () => {
	const here = shown(nodule(1, 0, 10, 0.1, 0.3), nodule(2, 50, 10, 0.1, 0.6));
	const there = shown(nodule(1, 50, 10, 0.1, 0.5), nodule(2, 5, 10, 0.1, 0.2));
	const pairs = differences(here, there);
	expect(pairs.map(({ here, there, dice }) => [here, there, dice])).toEqual([
		[1, 2, 0.5],
		[2, 1, 1],
	]);
	expect(pairs[1]?.rows.at(-1)).toMatchObject({ here: 0.6, there: 0.5 });
});

it("says of a nodule of one alone that the other has none", () => {
	const pairs = differences(shown(nodule(1, 0, 10, 0.1)), shown(nodule(1, 90, 10, 0.1)));
	expect(pairs.map(({ here, there, dice }) => [here, there, dice])).toEqual([
		[1, null, null],
		[null, 1, null],
	]);
	expect(pairs[0]?.rows[0]).toMatchObject({ there: null });
});

it("compares pixels where one of the two knows no millimetres", () => {
	const [pair] = differences(shown(nodule(1, 0, 10, 0.1)), shown(nodule(1, 0, 20, null)));
	expect(pair?.rows[0]).toMatchObject({ unit: "px", here: 100, there: 400 });
	expect(pair?.rows[1]).toMatchObject({ unit: "px", here: 10, there: 20 });
});
