import { beforeEach, describe, expect, it } from "vitest";
import { bindings } from "../app/keys";
import { pane } from "../study/session";
import type { Press } from "../viewer/scene";
import { take, view } from "../viewer/stage";
import { discard, drawing } from "./drafting";
import { forget, unsaved } from "./kept";
import { announced, bindArrows, bindPress, crosshair, isHeld, putAway } from "./keyboard";
import { FakeServer, SPOT } from "./server.fake";

const did: string[] = [];
const note = (what: string) => (press: Press) => did.push(`${what} ${press.x},${press.y}`);
const tool = drawing({
	name: "test",
	cursor: "none",
	down: note("down"),
	up: note("up"),
	move: (press, pressed) => pressed && note("drag")(press),
	cancel: () => did.push("cancel"),
});

const type = (...keys: string[]) => {
	for (const key of keys) bindings.value.findLast((one) => one.key === key)?.run();
};

beforeEach(async () => {
	take(null);
	discard();
	for (const one of unsaved.peek()) forget(one.spot);
	new FakeServer();
	await pane.show(null);
	await pane.show(SPOT);
	pane.selected.value = 1;
	view.value = { scale: 2, x: 0, y: 0, flipX: false, flipY: false };
	putAway();
	take(tool);
	did.length = 0;
});

bindArrows();
bindPress(true);

describe("the crosshair", () => {
	it("begins in the nodule's middle, and says where it is", () => {
		type("Shift+ArrowRight");
		expect(crosshair.value).toEqual({ x: 11, y: 10 });
		expect(announced.value).toBe("11, 10, inside");
	});

	it("goes where the arrow points on a mirrored frame, and stays within", () => {
		view.value = { scale: 2, x: 120, y: 0, flipX: true, flipY: false };
		type("ArrowRight");
		expect(crosshair.value?.x).toBe(6);
		type(...new Array(20).fill("ArrowRight"));
		expect(crosshair.value?.x).toBe(0);
	});

	it("presses and lets go with Enter, and drags between two spaces", () => {
		type("ArrowDown", "Enter");
		expect(did).toEqual(["down 10,14", "up 10,14"]);
		did.length = 0;
		type(" ", "ArrowDown", " ", "ArrowDown");
		expect(did).toEqual(["down 10,14", "drag 10,18", "up 10,18"]);
		expect(isHeld.value).toBe(false);
	});

	it("breaks off what it holds when it is put away", () => {
		type("ArrowDown", " ");
		putAway();
		expect([did.at(-1), crosshair.value]).toEqual(["cancel", null]);
	});
});
