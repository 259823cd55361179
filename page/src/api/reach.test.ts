import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { UNREACHABLE } from "./problem";
import { isAway, isLocked, reach } from "./reach";

const asked = vi.fn<typeof fetch>();
const settle = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
	vi.stubGlobal("fetch", asked);
	asked.mockReset();
	isAway.value = false;
	isLocked.value = false;
});
afterEach(() => vi.unstubAllGlobals());

const fails = () => Promise.reject(new TypeError("Failed to fetch"));
const answers = (status: number) => Promise.resolve(new Response("{}", { status }));

test("reading waits until the server is back, and is asked again then", async () => {
	asked.mockImplementationOnce(fails).mockImplementationOnce(() => answers(200));
	const answer = reach("/api/studies");
	await settle();
	expect(isAway.value).toBe(true);
	expect(asked).toHaveBeenCalledTimes(1);
	isAway.value = false;
	expect((await answer).status).toBe(200);
});

test("a change is never sent twice: it may have been carried out", async () => {
	asked.mockImplementation(fails);
	await expect(reach("/api/exports", { method: "POST" })).rejects.toBe(UNREACHABLE);
	expect(asked).toHaveBeenCalledTimes(1);
	expect(isAway.value).toBe(true);
});

test("what never gets an answer, though the server gives others, is given up", async () => {
	asked.mockImplementation(fails);
	const answer = reach("/api/studies").catch((thrown) => thrown);
	for (let times = 0; times < 9; times++) {
		await settle();
		isAway.value = false;
	}
	expect(await answer).toBe(UNREACHABLE);
	expect(asked.mock.calls.length).toBeLessThan(9);
});

test("a change that the token was missing for is sent once it was given", async () => {
	asked.mockImplementationOnce(() => answers(401)).mockImplementationOnce(() => answers(200));
	const answer = reach("/api/exports", { method: "POST", body: "{}" });
	await settle();
	expect(isLocked.value).toBe(true);
	isLocked.value = false;
	expect((await answer).status).toBe(200);
	expect(asked.mock.lastCall).toEqual(["/api/exports", { method: "POST", body: "{}" }]);
});

test("waiting ends when nobody wants the answer any more", async () => {
	asked.mockImplementation(fails);
	const control = new AbortController();
	const answer = reach("/api/studies", { signal: control.signal });
	await settle();
	control.abort();
	await expect(answer).rejects.toThrow("abort");
});
