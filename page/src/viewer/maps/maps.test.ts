import { signal } from "@preact/signals";
import { expect, it } from "vitest";
import { ready } from "../../app/loaded";
import type { Pane } from "../../study/pane";
import { kind, regionOf, wantedOf } from "./maps";

const pane = (frame: number, finding: object, selected: number | null = 2) =>
	({
		spot: signal({ analysis: "a", image: "i", frame }),
		shown: signal(ready({ state: { version: 3, finding: { frame: 4, ...finding } } })),
		selected: signal(selected),
	}) as unknown as Pane;

it("reads where the region lies", () => {
	expect(regionOf("10,20,30,40")).toEqual({ x: 10, y: 20, width: 30, height: 40 });
	expect(() => regionOf(null)).toThrow();
	expect(() => regionOf("10,20")).toThrow();
});

it("wants no map of a frame of which nothing is known yet, or nothing can be", () => {
	kind.value = "confidence";
	expect(wantedOf(pane(5, {}))).toBeNull();
	expect(wantedOf(pane(4, { error: "no scan" }))).toBeNull();
	expect(wantedOf(pane(4, {}))).not.toBeNull();
});

it("wants another map of what was looked at once the outline has changed, the confidence never", () => {
	kind.value = "looked-at";
	expect(wantedOf(pane(4, {}))).toMatchObject({ nodule: 2, version: 3 });
	expect(wantedOf(pane(4, {}, null))).toBeNull();
	kind.value = "confidence";
	expect(wantedOf(pane(4, {}))).toMatchObject({ version: 0 });
	kind.value = "none";
	expect(wantedOf(pane(4, {}))).toBeNull();
});
