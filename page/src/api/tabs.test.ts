import { afterEach, beforeEach, expect, test } from "vitest";
import { tell } from "./tabs";

const heard: string[] = [];
let other: BroadcastChannel;

beforeEach(() => {
	heard.length = 0;
	other = new BroadcastChannel("nodulens");
	other.onmessage = (event) => heard.push(event.data);
});
afterEach(() => other.close());

test("what was stored is told, what was only tried is not", async () => {
	for (const url of [
		"/api/session",
		"/api/text/parse",
		"/api/analyses/a/images/b/frames/0/refine",
		"/api/analyses/a/images/b/frames/0/try",
		"/api/analyses/a/images/b/frames/0/changes",
	]) {
		tell(url);
	}
	await new Promise((resolve) => setTimeout(resolve, 50));
	expect(heard).toEqual(["/api/analyses/a/images/b/frames/0/changes"]);
});
