import { beforeEach, expect, test } from "vitest";
import { FakeServer, SPOT } from "../edit/server.fake";
import { Pane } from "./pane";

let server: FakeServer;
let pane: Pane;
beforeEach(async () => {
	server = new FakeServer();
	pane = new Pane();
	await pane.show(SPOT);
});

test("two corrections that follow quickly wait for each other, and both are stored", async () => {
	const both = [
		pane.change({ action: "judge", nodule: 1, verdict: "accepted" }),
		pane.change({ action: "judge", nodule: 1, verdict: "rejected" }),
	];
	expect(await Promise.all(both)).toEqual([true, true]);
	expect(server.changes.map((one) => one.base)).toEqual([0, 1]);
});

test("the selected nodule is followed to the next frame by its number, not by its id", async () => {
	pane.selected.value = 2;
	// On the next frame only that one is seen, which makes it the first from the left.
	server.rings.delete(1);
	server.numbers.set(1, 2);
	server.rings.set(1, server.rings.get(2) ?? []);
	server.rings.delete(2);
	await pane.show({ ...SPOT, frame: 1 });
	expect(pane.selected.value).toBe(1);
	expect(pane.numberOf(1)).toBe(2);
});

test("an earlier version is only looked at, until the newest is there", async () => {
	await pane.change({ action: "remove", nodule: 2 });
	await pane.look(0);
	expect(await pane.change({ action: "remove", nodule: 1 })).toBe(false);
	const back = pane.look(null);
	expect(await pane.change({ action: "remove", nodule: 1 })).toBe(false);
	await back;
	expect(await pane.change({ action: "remove", nodule: 1 })).toBe(true);
});
