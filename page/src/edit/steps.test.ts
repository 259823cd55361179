import { describe, expect, it } from "vitest";
import { begin, MOST, redo, type Steps, step, undo } from "./steps";

const go = (steps: Steps<number>, ...next: number[]) =>
	next.reduce((all, one) => step(all, one, () => MOST / 4), steps);

describe("undo and redo", () => {
	it("go back and forth, and stop at the ends", () => {
		const steps = go(begin(0), 1, 2);
		expect(undo(undo(undo(steps))).now).toBe(0);
		expect(redo(undo(undo(steps))).now).toBe(1);
		expect(redo(steps)).toBe(steps);
	});

	it("forget what was undone once something new is done", () => {
		expect(redo(go(undo(go(begin(0), 1, 2)), 9)).now).toBe(9);
	});

	it("forget the oldest when all weigh too much, never the last", () => {
		expect(go(begin(0), 1, 2, 3, 4, 5, 6).past).toEqual([2, 3, 4, 5]);
		const heavy = step(begin(0), 1, () => 2 * MOST);
		expect(undo(heavy).now).toBe(0);
	});
});
