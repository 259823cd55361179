import { describe, expect, it } from "vitest";
import { area, isEqual, type Mask } from "./mask";
import { draw, type Ring, trace } from "./rings";

/** Return the same sequence of numbers from 0 to 1 for the same seed. */
function chance(seed: number): () => number {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 2 ** 32;
	};
}

function random(seed: number): Mask {
	const next = chance(seed);
	const width = 1 + Math.floor(next() * 24);
	const height = 1 + Math.floor(next() * 24);
	const share = next();
	const data = Uint8Array.from({ length: width * height }, () => (next() < share ? 1 : 0));
	return { width, height, data };
}

describe("trace and draw", () => {
	it("give every mask back: specks, holes in holes, corners, borders", () => {
		for (let seed = 1; seed <= 500; seed++) {
			const mask = random(seed);
			expect(isEqual(draw(trace(mask), mask), mask), `seed ${seed}`).toBe(true);
		}
	});

	it("walk around a pixel between it and its neighbours", () => {
		const mask = { width: 3, height: 3, data: Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0) };
		expect(trace(mask)).toEqual([
			[
				[1, 0.5],
				[1.5, 1],
				[1, 1.5],
				[0.5, 1],
			],
		]);
	});

	it("hold pixels together that meet at a corner, and give a hole a ring of its own", () => {
		expect(trace({ width: 2, height: 2, data: Uint8Array.of(1, 0, 0, 1) })).toHaveLength(1);
		const ring = Uint8Array.of(1, 1, 1, 1, 0, 1, 1, 1, 1);
		expect(trace({ width: 3, height: 3, data: ring })).toHaveLength(2);
	});

	it("leave points on straight lines out", () => {
		const full = { width: 40, height: 30, data: new Uint8Array(1200).fill(1) };
		expect(trace(full)[0]).toHaveLength(8);
	});
});

describe("draw", () => {
	const SIZE = { width: 10, height: 10 };

	it("cuts what lies beyond the frame", () => {
		const mask = draw(
			[
				[
					[-100, -100],
					[4.5, -100],
					[4.5, 100],
					[-100, 100],
				],
			],
			SIZE,
		);
		expect(area(mask)).toBe(50);
	});

	it("counts a ring within a ring as a hole, and itself crossing as two parts", () => {
		const square = (from: number, to: number): Ring => [
			[from, from],
			[to, from],
			[to, to],
			[from, to],
		];
		expect(area(draw([square(-0.5, 9.5), square(2.5, 6.5)], SIZE))).toBe(100 - 16);
		const bow: Ring = [
			[0, 0],
			[9, 9],
			[9, 0],
			[0, 9],
		];
		const mask = draw([bow], SIZE);
		expect([mask.data[5 * 10 + 1], mask.data[1 * 10 + 5], mask.data[5 * 10 + 8]]).toEqual([
			1, 0, 1,
		]);
	});
});
