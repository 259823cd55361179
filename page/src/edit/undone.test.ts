import { beforeEach, expect, test } from "vitest";
import { pane } from "../study/session";
import { FakeServer, SPOT } from "./server.fake";
import { offerBack, takeBack } from "./undone";

let server: FakeServer;
beforeEach(async () => {
	server = new FakeServer();
	await pane.show(null);
	await pane.show(SPOT);
	await pane.change({ action: "remove", nodule: 2 });
	offerBack({ text: "Nodule 2 removed", spot: SPOT, version: 0 });
});
const actions = () => server.changes.map((one) => one.change.action);

test("what was just stored can be taken back, once", async () => {
	await takeBack();
	await takeBack();
	expect(actions()).toEqual(["remove", "restore"]);
});

test("nothing that came after it is taken back with it", async () => {
	await pane.change({ action: "judge", nodule: 1, verdict: "accepted" });
	await takeBack();
	expect(actions()).toEqual(["remove", "judge"]);
});
