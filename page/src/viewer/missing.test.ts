import { describe, expect, it } from "vitest";
import { Problem } from "../api/problem";
import type { Analysis } from "../api/types";
import { EMPTY, LOADING, type Loaded, ready } from "../app/loaded";
import type { Shown } from "../study/pane";
import { lackOf } from "./missing";

const analysis = (state: Analysis["state"], more: Partial<Analysis> = {}) =>
	({ state, frames: 9, frames_done: 4, asked: { every: 1 }, error: null, ...more }) as Analysis;
const shown = (finding: object): Loaded<Shown> =>
	ready({ state: { finding: { frame: 2, b_mode: true, nodules: [{}], ...finding } } } as Shown);
const NO_SUCH: Loaded<Shown> = {
	state: "failed",
	problem: new Problem(404, "there is no frame 2", "load the study"),
};

describe("lackOf", () => {
	it("is nothing where the frame has a nodule, or is about to come", () => {
		expect(lackOf(analysis("done"), shown({}), 2)).toBeNull();
		expect(lackOf(analysis("done"), LOADING, 2)).toBeNull();
		expect(lackOf(analysis("done"), shown({ frame: 1 }), 2)).toBeNull();
	});

	it("says that nothing was outlined, and what to do", () => {
		expect(lackOf(analysis("done"), shown({ nodules: [] }), 2)?.todo).toMatch(/draw/);
	});

	it("says of a frame that is not B-mode that nothing is learned from such", () => {
		expect(lackOf(analysis("done"), shown({ b_mode: false }), 2)?.what).toMatch(/Not B-mode/);
	});

	it("says why there is no result", () => {
		const lack = lackOf(analysis("done"), shown({ error: "no scan area", nodules: [] }), 2);
		expect(lack?.what).toMatch(/no scan area/);
		expect(lack?.isProblem).toBe(true);
	});

	it("says how far an analysis is, though the frame is not there yet", () => {
		expect(lackOf(analysis("running"), NO_SUCH, 2)?.progress).toEqual({ done: 4, of: 9 });
		expect(lackOf(analysis("queued"), EMPTY, 2)?.what).toMatch(/Waiting/);
	});

	it("says that frames between are not analyzed", () => {
		const lack = lackOf(analysis("done", { asked: { every: 3 } as Analysis["asked"] }), NO_SUCH, 2);
		expect(lack?.what).toBe("Frame 3 is not analyzed: only every 3rd frame is");
		expect(lack?.canAnalyze).toBe(true);
	});

	it("passes on why an analysis failed", () => {
		const lack = lackOf(analysis("failed", { error: "the disk is full" }), EMPTY, 0);
		expect(lack?.what).toMatch(/the disk is full/);
		expect(lack?.canAnalyze).toBe(true);
	});

	it("passes on any other problem", () => {
		const failed: Loaded<Shown> = { state: "failed", problem: new Problem(500, "a fault", "wait") };
		expect(lackOf(analysis("done"), failed, 0)).toMatchObject({ what: "a fault", todo: "wait" });
	});

	it("offers an analysis where there is none", () => {
		expect(lackOf(null, EMPTY, 0)?.canAnalyze).toBe(true);
	});
});
