import { beforeEach, describe, expect, it } from "vitest";
import { pane } from "../study/session";
import type { Press } from "../viewer/scene";
import { take } from "../viewer/stage";
import { discard, stand, undoStep } from "./drafting";
import { forget, unsaved } from "./kept";
import { isRefining } from "./refine";
import { FakeServer, SPOT, square } from "./server.fake";
import { clicks } from "./tools/clicks";

let server: FakeServer;

function click(x: number, y: number, alt = false): Promise<void> {
	const press: Press = { x, y, scale: 1, shift: false, alt, secondary: false };
	clicks.down(press);
	return settled();
}

/** Wait for the answers on their way. */
async function settled(): Promise<void> {
	for (let i = 0; i < 20 && isRefining.peek(); i++) await new Promise((go) => setTimeout(go));
}

beforeEach(async () => {
	take(null);
	discard();
	for (const one of unsaved.peek()) forget(one.spot);
	server = new FakeServer();
	server.answer = () => ({ rings: square(8, 8), milliseconds: 40 });
	await pane.show(null);
	await pane.show(SPOT);
	pane.selected.value = 1;
	take(clicks);
});

describe("clicks", () => {
	it("send all of them, with the outline before the first", async () => {
		await click(20, 10);
		await click(2, 2, true);
		expect(server.asked).toMatchObject([
			{ rings: square(5, 5), positive: [[20, 10]], negative: [] },
			{ rings: square(5, 5), positive: [[20, 10]], negative: [[2, 2]] },
		]);
		expect(stand.value?.rings).toEqual(square(8, 8));
		expect(stand.value?.clicks).toHaveLength(2);
	});

	it("are taken away by a press on their mark; without any the first outline is back", async () => {
		await click(20, 10);
		await click(22, 13);
		expect(server.asked).toHaveLength(1);
		expect(stand.value).toMatchObject({ rings: square(5, 5), clicks: [] });
		undoStep();
		expect(stand.value?.clicks).toHaveLength(1);
	});

	it("that the server refuses leave everything as it was", async () => {
		server.answer = () => Promise.reject(new TypeError("gone"));
		await click(20, 10);
		expect(stand.value).toMatchObject({ rings: square(5, 5), clicks: [] });
	});

	it("do not come back into a draft that went on meanwhile", async () => {
		let answer: (value: unknown) => void = () => {};
		server.answer = () => new Promise((resolve) => (answer = resolve));
		const done = click(20, 10);
		await new Promise((go) => setTimeout(go));
		pane.selected.value = 2;
		answer({ rings: square(8, 8), milliseconds: 1 });
		await done;
		expect(stand.value?.rings).toEqual(square(30, 20));
	});
});
