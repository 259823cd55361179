import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isAway } from "../api/reach";
import { health, look, returns, watch } from "./connection";

const HEALTH = { status: "ok", version: "1", notice: "Research use only." };
const asked = vi.fn<() => Promise<Response>>();
const fails = () => Promise.reject(new TypeError("Failed to fetch"));
const answers = () => Promise.resolve(Response.json(HEALTH));

beforeEach(() => {
	vi.useFakeTimers();
	vi.stubGlobal("fetch", asked);
	asked.mockReset();
	isAway.value = false;
});
afterEach(() => {
	vi.useRealTimers();
	vi.unstubAllGlobals();
});

test("a server that answers is there, and says what the page may be used for", async () => {
	asked.mockImplementation(answers);
	expect(await look()).toBe(true);
	expect(health.value?.notice).toBe(HEALTH.notice);
});

test.each([fails, () => Promise.resolve(new Response("", { status: 502 }))])(
	"one that does not, or a proxy in its place, is away",
	async (answer) => {
		asked.mockImplementation(answer);
		expect(await look()).toBe(false);
		expect(isAway.value).toBe(true);
	},
);

test("it is asked for until it is back, once for all that wait", async () => {
	asked.mockImplementation(answers);
	const stop = watch();
	await vi.advanceTimersByTimeAsync(10);
	const before = returns.value;
	asked.mockImplementation(fails);
	isAway.value = true;
	await vi.advanceTimersByTimeAsync(5000);
	expect(isAway.value).toBe(true);
	asked.mockImplementation(answers);
	await vi.advanceTimersByTimeAsync(5000);
	expect(isAway.value).toBe(false);
	expect(returns.value).toBe(before + 1);
	const calls = asked.mock.calls.length;
	await vi.advanceTimersByTimeAsync(60_000);
	expect(asked.mock.calls.length).toBe(calls);
	stop();
});
