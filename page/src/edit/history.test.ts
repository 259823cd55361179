import { describe as about, expect, it } from "vitest";
import type { Contour, Recorded } from "../api/types";
import { compare, describe } from "./history";

const square = (nodule: number, x: number): Contour => ({
	nodule,
	number: nodule,
	colour: [1, 2, 3],
	rings: [
		[
			[x - 0.5, -0.5],
			[x + 9.5, -0.5],
			[x + 9.5, 9.5],
			[x - 0.5, 9.5],
		],
	],
	long_axis: [
		[0, 0],
		[9, 9],
	],
	short_axis: [
		[0, 9],
		[9, 0],
	],
	verdict: "open",
	edited: false,
});

about("compare", () => {
	it("says of each nodule what became of it", () => {
		const model = [square(1, 0), square(2, 20), square(3, 40)];
		const now = [square(1, 0), square(2, 25), square(4, 60)];
		expect(compare(model, now)).toEqual([
			{ nodule: 1, dice: 1, is: "the same" },
			{ nodule: 2, dice: 0.5, is: "changed" },
			{ nodule: 3, dice: null, is: "removed" },
			{ nodule: 4, dice: null, is: "added" },
		]);
	});
});

about("describe", () => {
	const change: Recorded = {
		version: 3,
		at: 0,
		action: "outline",
		nodule: 2,
		tool: "brush eraser",
		author: null,
		restored: null,
	};

	it("names nodule, deed and tools", () => {
		expect(describe(change)).toBe("Nodule 2 outlined: brush eraser");
		expect(describe({ ...change, action: "judge", tool: "" })).toBe("Nodule 2 judged");
	});

	it("says where a restoring change went back to", () => {
		const restore = { ...change, action: "restore", nodule: null, tool: "" };
		expect(describe({ ...restore, restored: 0 })).toBe("Back to the model's version");
		expect(describe({ ...restore, restored: 2 })).toBe("Back to version 2");
	});
});
