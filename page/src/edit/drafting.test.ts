import { effect } from "@preact/signals";
import { beforeEach, describe, expect, it } from "vitest";
import { pane } from "../study/session";
import { hidden } from "../viewer/outlines";
import type { Press } from "../viewer/scene";
import { take } from "../viewer/stage";
import {
	add,
	canRedo,
	discard,
	isChanged,
	keepLargest,
	open,
	painted,
	parts,
	pixels,
	redoStep,
	redraw,
	remove,
	save,
	stand,
	subject,
	takeDirty,
	undoStep,
} from "./drafting";
import { forget, keptOf, unsaved } from "./kept";
import { area } from "./mask";
import { FakeServer, SPOT, square } from "./server.fake";
import { brush, radius } from "./tools/brush";

let server: FakeServer;

const at = (x: number, y: number): Press => ({
	x,
	y,
	scale: 1,
	shift: false,
	alt: false,
	secondary: false,
});

/** A dab of the brush beside the first nodule. */
function dab(): void {
	brush.down(at(16, 10));
	brush.up?.(at(16, 10));
}

const inside = () => area(pixels() ?? { width: 0, height: 0, data: new Uint8Array() });

beforeEach(async () => {
	take(null);
	discard();
	for (const one of unsaved.peek()) forget(one.spot);
	server = new FakeServer();
	radius.value = 4;
	await pane.show(null);
	await pane.show(SPOT);
	pane.selected.value = 1;
	take(brush);
});

describe("a draft", () => {
	it("begins with the selected nodule's outline, which is not shown below it", () => {
		expect([subject.value?.nodule, hidden.value, inside()]).toEqual([1, 1, 100]);
		expect(isChanged.value).toBe(false);
	});

	it("follows the selection until something is drawn", () => {
		pane.selected.value = 2;
		expect(subject.value?.nodule).toBe(2);
		dab();
		pane.selected.value = 1;
		expect(subject.value?.nodule).toBe(2);
	});

	it("follows what else becomes of the outline until something is drawn", async () => {
		await pane.change({ action: "outline", nodule: 1, rings: square(0, 0) });
		expect(stand.value?.rings).toEqual(square(0, 0));
		dab();
		const drawn = inside();
		await pane.change({ action: "outline", nodule: 1, rings: square(5, 5) });
		expect(inside()).toBe(drawn);
	});

	it("goes away with the tool if nothing was drawn, and stays otherwise", () => {
		take(null);
		expect([subject.value, hidden.value]).toEqual([null, null]);
		take(brush);
		dab();
		take(null);
		expect(subject.value?.nodule).toBe(1);
	});

	it("takes each stroke back and forth as one", () => {
		dab();
		const drawn = inside();
		expect(drawn).toBeGreaterThan(100);
		undoStep();
		expect([inside(), isChanged.value]).toEqual([100, false]);
		redoStep();
		expect([inside(), canRedo.value]).toEqual([drawn, false]);
	});

	it("is not changed by a stroke that hits nothing new", () => {
		brush.down(at(10, 10));
		brush.up?.(at(10, 10));
		expect(isChanged.value).toBe(false);
	});

	it("counts its parts, and can keep the largest", () => {
		brush.down(at(40, 10));
		brush.up?.(at(40, 10));
		expect(parts.value).toBe(2);
		keepLargest();
		expect([parts.value, inside()]).toEqual([1, 100]);
	});

	it("is painted anew wherever it was and is", () => {
		takeDirty();
		let seen: unknown[] = [];
		const stop = effect(() => {
			if (painted.value > 0) seen.push(takeDirty());
		});
		seen = [];
		redraw(square(40, 20));
		stop();
		// Drawn once, when all of it is there.
		expect(seen).toEqual([{ left: 5, top: 5, right: 50, bottom: 30 }]);
	});

	it("leaves no trace of a stroke that is broken off", () => {
		brush.down(at(16, 10));
		brush.cancel?.();
		expect([inside(), isChanged.value]).toEqual([100, false]);
	});
});

describe("saving", () => {
	it("stores the outline with its tool, and forgets the draft", async () => {
		dab();
		const drawn = inside();
		await save();
		expect(server.changes).toMatchObject([
			{ base: 0, tool: "brush", change: { action: "outline", nodule: 1 } },
		]);
		expect(keptOf(SPOT)).toBeNull();
		expect([inside(), isChanged.value]).toEqual([drawn, false]);
	});

	it("keeps the draft on top of what somebody else did meanwhile", async () => {
		dab();
		server.version = 3;
		await save();
		expect(isChanged.value).toBe(true);
		expect(keptOf(SPOT)?.version).toBe(3);
		await save();
		expect(server.changes).toMatchObject([{ base: 3 }]);
	});

	it("adds the outline of a nodule that somebody removed meanwhile", async () => {
		dab();
		server.version = 1;
		server.rings.delete(1);
		await save();
		await save();
		expect(server.changes).toMatchObject([{ change: { action: "add" } }]);
		expect(pane.selected.value).toBe(9);
	});

	it("keeps what is drawn while the outline is on its way, of a new nodule too", async () => {
		discard();
		add();
		dab();
		const saved = save();
		brush.down(at(30, 30));
		brush.up?.(at(30, 30));
		const drawn = inside();
		await saved;
		expect([subject.value?.nodule, inside(), isChanged.value]).toEqual([9, drawn, true]);
		await save();
		expect(server.changes.map((one) => one.change.action)).toEqual(["add", "outline"]);
		expect(isChanged.value).toBe(false);
	});

	it("keeps the draft while the server does not answer", async () => {
		dab();
		server.isDead = true;
		await save();
		expect(isChanged.value).toBe(true);
		expect(keptOf(SPOT)?.rings).toEqual(stand.value?.rings);
	});
});

describe("leaving the frame", () => {
	it("keeps what was drawn, in the tab's own storage, and takes it up again", async () => {
		dab();
		const drawn = inside();
		await pane.show({ ...SPOT, frame: 1 });
		expect(subject.value?.spot.frame).toBe(1);
		expect(JSON.stringify({ ...sessionStorage })).toContain("brush");
		await pane.show(SPOT);
		expect([subject.value?.nodule, inside(), isChanged.value]).toEqual([1, drawn, true]);
		undoStep();
		expect(inside()).toBe(100);
	});

	it("keeps nothing of a draft without a stroke", async () => {
		await pane.show({ ...SPOT, frame: 1 });
		expect(unsaved.value).toEqual([]);
	});
});

describe("nodules", () => {
	it("are added under a number of the server's", async () => {
		expect(add()).toBe(true);
		expect([subject.value?.nodule, inside()]).toEqual([null, 0]);
		dab();
		await save();
		expect(server.changes[0]?.change.action).toBe("add");
		expect(pane.selected.value).toBe(9);
	});

	it("are not begun over an outline that is not saved", () => {
		dab();
		expect(add()).toBe(false);
		expect(subject.value?.nodule).toBe(1);
	});

	it("that the server does not remove keep their draft", async () => {
		dab();
		const drawn = inside();
		server.isDead = true;
		await remove();
		expect([subject.value?.nodule, inside(), isChanged.value]).toEqual([1, drawn, true]);
	});

	it("are removed with the draft of their outline", async () => {
		dab();
		await remove();
		expect(server.changes).toMatchObject([{ change: { action: "remove", nodule: 1 } }]);
		expect([subject.value?.nodule, unsaved.value]).toEqual([2, []]);
	});
});

it("an earlier version cannot be drawn on", async () => {
	await pane.look(0);
	expect(subject.value).toBeNull();
	open();
	expect(subject.value).toBeNull();
	expect(await pane.change({ action: "outline", nodule: 1, rings: square(0, 0) })).toBe(false);
});
