import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { tell } from "../api/tabs";
import { returns } from "./connection";
import { watchOthers, whenOld } from "./fresh";

const load = vi.fn();
const other = new BroadcastChannel("nodulens");
let ends: (() => void)[] = [];
const quiet = () => new Promise((resolve) => setTimeout(resolve, 300));

beforeEach(() => {
	vi.stubGlobal("fetch", () => Promise.resolve(Response.json({})));
	load.mockReset();
	ends = [whenOld(load), watchOthers()];
});
afterEach(() => {
	for (const end of ends) end();
	vi.unstubAllGlobals();
});

test("changes of another tab are looked at once, however many come in a row", async () => {
	for (let times = 0; times < 5; times++) other.postMessage("/api/studies");
	await quiet();
	expect(load).toHaveBeenCalledOnce();
});

test("what a tab changes itself is no news to it", async () => {
	tell("/api/studies");
	await quiet();
	expect(load).not.toHaveBeenCalled();
});

test("a tab that nobody sees looks when it is seen", async () => {
	const seen = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
	other.postMessage("/api/studies");
	await quiet();
	expect(load).not.toHaveBeenCalled();
	seen.mockRestore();
	document.dispatchEvent(new Event("visibilitychange"));
	await quiet();
	expect(load).toHaveBeenCalledOnce();
});

test("a server that came back is looked at", async () => {
	returns.value++;
	await quiet();
	expect(load).toHaveBeenCalledOnce();
});

test("nothing is loaded for what is no longer shown", async () => {
	ends[0]?.();
	other.postMessage("/api/studies");
	await quiet();
	expect(load).not.toHaveBeenCalled();
});
