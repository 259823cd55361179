import { describe, expect, it } from "vitest";
import { automatic, inRange, paintGrey, tableOf, WHOLE } from "./picture";

describe("tableOf", () => {
	it("of the whole range changes nothing", () => {
		expect([...tableOf(WHOLE)]).toEqual(Array.from({ length: 256 }, (_, i) => i));
	});

	it("is black below the window and white above it", () => {
		const table = tableOf({ level: 100, width: 40 });
		expect([table[79], table[80], table[120], table[121]]).toEqual([0, 0, 255, 255]);
		expect(table[100]).toBe(128);
	});
});

describe("automatic", () => {
	// Ten columns, each of one value; the first is a black border, the last white words.
	const values = [0, 50, 60, 70, 80, 90, 100, 110, 120, 255];
	const picture = {
		width: 10,
		height: 4,
		grey: Uint8Array.from({ length: 40 }, (_, i) => values[i % 10] as number),
	};

	it("spans the values of the scan areas alone", () => {
		const window = automatic(picture, [{ x: 1, y: 0, width: 8, height: 4 }]);
		expect(window).toEqual({ level: 85, width: 70 });
	});

	it("spans the whole picture where no area is known, and counts nothing beyond it", () => {
		expect(automatic(picture, [])).toEqual(WHOLE);
		expect(automatic(picture, [{ x: 0, y: 0, width: 99, height: 99 }])).toEqual(WHOLE);
	});

	it("leaves out a hundredth at each end", () => {
		const grey = Uint8Array.from({ length: 1000 }, (_, i) => 100 + (i % 11));
		grey[3] = 0;
		grey[4] = 255;
		expect(automatic({ width: 1000, height: 1, grey }, [])).toEqual({ level: 105, width: 10 });
	});

	it("of one value alone still has a width", () => {
		const grey = new Uint8Array(16).fill(7);
		expect(automatic({ width: 4, height: 4, grey }, []).width).toBe(2);
	});
});

it("inRange keeps what is possible as it is", () => {
	expect(inRange({ level: 90, width: 60 })).toEqual({ level: 90, width: 60 });
	expect(inRange({ level: -5, width: 0 })).toEqual({ level: 0, width: 2 });
});

it("paintGrey writes opaque pixels through the table", () => {
	const pixels = new Uint32Array(2);
	paintGrey(pixels, Uint8Array.of(0, 100), tableOf({ level: 100, width: 40 }));
	expect([...new Uint8Array(pixels.buffer)]).toEqual([0, 0, 0, 255, 128, 128, 128, 255]);
});
