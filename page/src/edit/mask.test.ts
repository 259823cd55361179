import { describe, expect, it } from "vitest";
import { area, bounds, isEqual, largestPart, type Mask, partSizes } from "./mask";

/** Read a mask from a drawing, `#` for inside. */
function drawn(...rows: string[]): Mask {
	return {
		width: rows[0]?.length ?? 0,
		height: rows.length,
		data: Uint8Array.from(rows.join(""), (sign) => (sign === "#" ? 1 : 0)),
	};
}

describe("parts", () => {
	it("connect at corners, the largest is kept", () => {
		const mask = drawn("##..", "..#.", "....", "#...");
		expect(partSizes(mask)).toEqual([3, 1]);
		expect(isEqual(largestPart(mask), drawn("##..", "..#.", "....", "...."))).toBe(true);
	});

	it("of nothing are none", () => {
		expect(partSizes(drawn("...", "..."))).toEqual([]);
		expect(area(largestPart(drawn("...", "...")))).toBe(0);
	});
});

describe("bounds", () => {
	it("hold all and no more", () => {
		expect(bounds(drawn(".....", "..#..", ".#...", "....."))).toEqual({
			left: 1,
			top: 1,
			right: 3,
			bottom: 3,
		});
		expect(bounds(drawn("...", "..."))).toBeNull();
	});
});
