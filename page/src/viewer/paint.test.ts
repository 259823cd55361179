import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { paint } from "./paint";

let next: Array<() => void> = [];
const screen = () => {
	for (const run of next.splice(0)) run();
};

beforeEach(() => {
	next = [];
	vi.stubGlobal("requestAnimationFrame", (run: () => void) => next.push(run));
	vi.stubGlobal("cancelAnimationFrame", () => next.splice(0));
});
afterEach(() => vi.unstubAllGlobals());

it("draws once for any number of changes, with the newest values", () => {
	const [a, b] = [signal(0), signal(0)];
	const drawn: number[] = [];
	paint(() => drawn.push(a.value + b.value));
	for (let i = 1; i <= 5; i++) {
		a.value = i;
		b.value = 10 * i;
	}
	expect(drawn).toEqual([0]);
	screen();
	expect(drawn).toEqual([0, 55]);
	screen();
	expect(drawn).toHaveLength(2);
	b.value = 0;
	screen();
	expect(drawn).toEqual([0, 55, 5]);
});

it("draws no more once it is stopped", () => {
	const a = signal(0);
	const draw = vi.fn(() => a.value);
	const stop = paint(() => void draw());
	a.value = 1;
	stop();
	screen();
	a.value = 2;
	expect(draw).toHaveBeenCalledTimes(1);
});
