import { beforeEach, describe, expect, it } from "vitest";
import { pane } from "../../study/session";
import type { Press } from "../../viewer/scene";
import { take } from "../../viewer/stage";
import { discard, pixels } from "../drafting";
import { forget, unsaved } from "../kept";
import { area } from "../mask";
import { FakeServer, SPOT } from "../server.fake";
import { closePolygon, corners, polygon, polygonEffect, removeCorner } from "./polygon";

const press = (x: number, y: number): Press => ({
	x,
	y,
	scale: 4,
	shift: false,
	alt: false,
	secondary: false,
});

/** The left half of the first nodule and as much beside it. */
const CORNERS = [
	[-0.5, 4.5],
	[9.5, 4.5],
	[9.5, 14.5],
	[-0.5, 14.5],
] as const;

const drawn = () => area(pixels() ?? { width: 0, height: 0, data: new Uint8Array() });

beforeEach(async () => {
	take(null);
	discard();
	for (const one of unsaved.peek()) forget(one.spot);
	new FakeServer();
	await pane.show(null);
	await pane.show(SPOT);
	pane.selected.value = 1;
	take(polygon);
	for (const [x, y] of CORNERS) polygon.down(press(x, y));
});

describe("a closed polygon", () => {
	it.each([
		["replace", 100],
		["add", 150],
		["cut", 50],
	] as const)("can %s the outline", (effect, left) => {
		polygonEffect.value = effect;
		closePolygon();
		expect([drawn(), corners.value]).toEqual([left, []]);
	});

	it("is closed on its first corner, too", () => {
		polygonEffect.value = "replace";
		polygon.down(press(0, 5));
		expect([drawn(), corners.value.length]).toEqual([100, 0]);
	});

	it("needs three corners", () => {
		polygonEffect.value = "cut";
		removeCorner();
		removeCorner();
		closePolygon();
		expect(drawn()).toBe(100);
	});
});

it("a second press on the last corner closes it, and adds none", () => {
	polygonEffect.value = "replace";
	polygon.down(press(-0.4, 14.4));
	expect([drawn(), corners.value.length]).toEqual([100, 0]);
});
