import { describe, expect, it } from "vitest";
import {
	fit,
	flip,
	inSight,
	isFit,
	pan,
	pinch,
	resized,
	toCanvas,
	toFrame,
	zoom,
	zoomTo,
} from "./view";

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

describe("pinch", () => {
	const view = fit(FRAME, CANVAS);

	it("keeps what is under each finger under it", () => {
		const before = [
			{ x: 200, y: 200 },
			{ x: 400, y: 300 },
		] as const;
		const after = [
			{ x: 150, y: 190 },
			{ x: 550, y: 390 },
		] as const;
		const next = pinch(view, [...before], [...after]);
		for (const i of [0, 1] as const) {
			const there = toCanvas(next, toFrame(view, before[i]));
			expect(there.x).toBeCloseTo(after[i].x);
			expect(there.y).toBeCloseTo(after[i].y);
		}
	});

	it("moves alone where the fingers do not part", () => {
		const next = pinch(
			view,
			[
				{ x: 0, y: 0 },
				{ x: 100, y: 0 },
			],
			[
				{ x: 30, y: 40 },
				{ x: 130, y: 40 },
			],
		);
		expect(next).toEqual(pan(view, { x: 30, y: 40 }));
	});
});

describe("inSight", () => {
	it("lets no frame get lost, mirrored or not", () => {
		for (const flips of [{}, { flipX: true, flipY: true }]) {
			const view = fit(FRAME, CANVAS, flips);
			for (const by of [
				{ x: 5000, y: -5000 },
				{ x: -5000, y: 5000 },
			]) {
				const kept = inSight(pan(view, by), FRAME, CANVAS);
				const corners = [
					toCanvas(kept, { x: -0.5, y: -0.5 }),
					toCanvas(kept, { x: 639.5, y: 479.5 }),
				];
				expect(Math.max(...corners.map((c) => c.x))).toBeGreaterThanOrEqual(47.9);
				expect(Math.min(...corners.map((c) => c.x))).toBeLessThanOrEqual(952.1);
				expect(Math.max(...corners.map((c) => c.y))).toBeGreaterThanOrEqual(47.9);
				expect(Math.min(...corners.map((c) => c.y))).toBeLessThanOrEqual(552.1);
			}
		}
	});

	it("changes nothing that can be seen", () => {
		const view = zoom(fit(FRAME, CANVAS), 3, { x: 10, y: 10 });
		expect(inSight(view, FRAME, CANVAS)).toEqual(view);
	});
});

describe("resized", () => {
	const SMALLER = { width: 500, height: 600 };

	it("fits again what was fit, mirrored too", () => {
		const view = flip(fit(FRAME, CANVAS), "x", CANVAS);
		expect(isFit(view, FRAME, CANVAS)).toBe(true);
		expect(isFit(resized(view, FRAME, CANVAS, SMALLER), FRAME, SMALLER)).toBe(true);
	});

	it("keeps the middle of anything else", () => {
		const view = zoomTo(fit(FRAME, CANVAS), 4, CANVAS);
		const next = resized(view, FRAME, CANVAS, SMALLER);
		expect(toFrame(next, { x: 250, y: 300 })).toEqual(toFrame(view, { x: 500, y: 300 }));
		expect(next.scale).toBe(4);
	});
});
