import { beforeEach, describe, expect, it, vi } from "vitest";

const place = vi.hoisted(() => ({ now: { image: "a", frame: 0 } }));
vi.mock("../stage", async () => {
	const { signal } = await import("@preact/signals");
	return { place: signal(place.now) };
});

import type { Signal } from "@preact/signals";
import type { Place, Press } from "../scene";
import { place as stagePlace } from "../stage";
import { calipers, chosen, remove } from "./calipers";
import { measuring } from "./tool";

const shown = stagePlace as unknown as Signal<Place>;
const at = (x: number, y: number): Press => ({
	x,
	y,
	scale: 2,
	shift: false,
	alt: false,
	secondary: false,
});
const drag = (from: Press, to: Press) => {
	measuring.down(from);
	measuring.move?.(to, true);
	measuring.up?.(to);
};
const ends = () => calipers.value.map(({ ends }) => ends.map(({ x, y }) => [x, y]));

beforeEach(() => {
	measuring.cancel?.();
	shown.value = { image: "a", frame: 0 };
	for (const { id } of calipers.value) remove(id);
});

describe("measuring", () => {
	it("draws by a drag", () => {
		drag(at(10, 10), at(50, 10));
		drag(at(10, 60), at(50, 60));
		expect(ends()).toEqual([
			[
				[10, 10],
				[50, 10],
			],
			[
				[10, 60],
				[50, 60],
			],
		]);
	});

	it("draws by two presses, the end following between them", () => {
		drag(at(10, 10), at(11, 10));
		measuring.move?.(at(30, 30), false);
		expect(ends()).toEqual([
			[
				[10, 10],
				[30, 30],
			],
		]);
		drag(at(40, 40), at(40, 40));
		measuring.move?.(at(99, 99), false);
		expect(ends()).toEqual([
			[
				[10, 10],
				[40, 40],
			],
		]);
	});

	it("moves an end that is hit, and takes it back", () => {
		drag(at(10, 10), at(50, 10));
		drag(at(47, 12), at(70, 30));
		expect(ends()).toEqual([
			[
				[10, 10],
				[70, 30],
			],
		]);
		measuring.down(at(70, 30));
		measuring.move?.(at(0, 0), true);
		measuring.cancel?.();
		expect(ends()[0]?.[1]).toEqual([70, 30]);
	});

	it("takes back one that is being drawn", () => {
		measuring.down(at(10, 10));
		measuring.move?.(at(50, 10), true);
		measuring.cancel?.();
		expect(ends()).toEqual([]);
		expect(chosen.value).toBeNull();
	});

	it("keeps each frame's own, and gives no number twice", () => {
		drag(at(10, 10), at(50, 10));
		const first = chosen.value as number;
		shown.value = { image: "a", frame: 1 };
		expect(ends()).toEqual([]);
		shown.value = { image: "a", frame: 0 };
		expect(ends()).toHaveLength(1);
		remove(first);
		drag(at(10, 10), at(50, 10));
		expect(chosen.value).toBe(first + 1);
	});
});
