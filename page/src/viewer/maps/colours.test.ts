import { expect, it } from "vitest";
import { colourAt, colourTable } from "./colours";

it("brightens steadily", () => {
	const bright = Array.from({ length: 101 }, (_, i) => {
		const [r, g, b] = colourAt(i / 100);
		return 0.21 * r + 0.72 * g + 0.07 * b;
	});
	for (let i = 1; i < bright.length; i++) {
		expect(bright[i]).toBeGreaterThanOrEqual((bright[i - 1] as number) - 0.5);
	}
});

it("is exact at its anchors and keeps to its ends", () => {
	expect(colourAt(0)).toEqual([68, 1, 84]);
	expect(colourAt(0.5)).toEqual([33, 145, 140]);
	expect(colourAt(7)).toEqual([253, 231, 37]);
});

it("leaves what is improbable clear, and the rest opaque", () => {
	const bytes = new Uint8Array(colourTable().buffer);
	expect([...bytes.slice(0, 4)]).toEqual([0, 0, 0, 0]);
	expect([...bytes.slice(4 * 255)]).toEqual([253, 231, 37, 255]);
});
