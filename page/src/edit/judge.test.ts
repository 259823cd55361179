import { beforeEach, expect, it } from "vitest";
import { judge } from "../study/judge";
import { pane } from "../study/session";
import { FakeServer, SPOT } from "./server.fake";

let server: FakeServer;
const sent = () => server.changes.map((one) => one.change);

beforeEach(async () => {
	server = new FakeServer();
	await pane.show(null);
	await pane.show(SPOT);
	pane.selected.value = 2;
});

it("a verdict is of the selected nodule, and taken back by the same again", async () => {
	await judge("accepted");
	await judge("accepted");
	await judge("rejected");
	expect(sent()).toEqual([
		{ action: "judge", nodule: 2, verdict: "accepted" },
		{ action: "judge", nodule: 2, verdict: "open" },
		{ action: "judge", nodule: 2, verdict: "rejected" },
	]);
});

it("nothing is judged where nothing is selected", async () => {
	pane.selected.value = null;
	await judge("accepted");
	expect(sent()).toEqual([]);
});
