import { describe, expect, it } from "vitest";
import { fit, flip, toCanvas, toFrame, zoom } from "./view";

const FRAME = { width: 640, height: 480 };
const CANVAS = { width: 1000, height: 600 };

describe("fit", () => {
	it("fills the canvas's smaller side and centres the other", () => {
		const view = fit(FRAME, CANVAS);
		expect(view.scale).toBe(1.25);
		expect([view.x, view.y]).toEqual([100, 0]);
	});

	it("keeps what is mirrored mirrored, in the middle", () => {
		const view = fit(FRAME, CANVAS, { flipX: true });
		expect(toCanvas(view, { x: -0.5, y: -0.5 })).toEqual({ x: 900, y: 0 });
	});
});

describe("toFrame", () => {
	it("is the reverse of toCanvas, mirrored too", () => {
		for (const start of [fit(FRAME, CANVAS), flip(fit(FRAME, CANVAS), "x", CANVAS)]) {
			const view = flip(zoom(start, 3, { x: 17, y: 400 }), "y", CANVAS);
			const there = toFrame(view, toCanvas(view, { x: 12, y: 345 }));
			expect(there.x).toBeCloseTo(12);
			expect(there.y).toBeCloseTo(345);
		}
	});
});

describe("zoom", () => {
	it("leaves the point under the pointer where it is", () => {
		const view = fit(FRAME, CANVAS);
		const about = { x: 333, y: 222 };
		const before = toFrame(view, about);
		const after = toFrame(zoom(view, 2.5, about), about);
		expect(after.x).toBeCloseTo(before.x);
		expect(after.y).toBeCloseTo(before.y);
	});

	it("stops at its ends", () => {
		const view = fit(FRAME, CANVAS);
		expect(zoom(view, 1e6, { x: 0, y: 0 }).scale).toBe(32);
		expect(zoom(view, 1e-6, { x: 0, y: 0 }).scale).toBe(0.1);
	});
});

describe("flip", () => {
	it("twice is nothing, and mirrors about the canvas's middle", () => {
		const view = zoom(fit(FRAME, CANVAS), 2, { x: 5, y: 5 });
		const once = flip(view, "x", CANVAS);
		expect(toFrame(once, { x: 500, y: 10 }).x).toBeCloseTo(toFrame(view, { x: 500, y: 10 }).x);
		expect(flip(once, "x", CANVAS)).toEqual(view);
	});
});
