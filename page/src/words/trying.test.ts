import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { valueIn } from "../app/loaded";
import { FakeServer, SPOT } from "../edit/server.fake";
import { pane } from "../study/session";
import { again, isTrying, PAUSE, tried, words } from "./trying";

let server: FakeServer;
const said = () => (valueIn(tried.value) as { said?: string } | null)?.said ?? null;
const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

beforeEach(async () => {
	server = new FakeServer();
	server.answer = ({ text }) => ({ said: text });
	words.value = "";
	await pane.show(null);
	await pane.show(SPOT);
	vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

describe("words", () => {
	it("are tried when nothing was typed for a while", async () => {
		words.value = "sm";
		await pass(PAUSE - 50);
		words.value = "small";
		await pass(PAUSE - 50);
		expect(server.asked).toEqual([]);
		await pass(50);
		expect([server.asked.length, said(), isTrying.value]).toEqual([1, "small", false]);
	});

	it("that are newer count, whichever answer comes first", async () => {
		const waits: Record<string, number> = { small: 500, large: 10 };
		server.answer = ({ text }) =>
			new Promise((resolve) => {
				setTimeout(() => resolve({ said: text }), waits[text as string]);
			});
		words.value = "small";
		await pass(PAUSE + 1);
		words.value = "large";
		await pass(PAUSE + 1000);
		expect(said()).toBe("large");
	});

	it("that are taken back leave nothing", async () => {
		words.value = "small";
		await pass(PAUSE);
		words.value = " ";
		expect(tried.value.state).toBe("empty");
	});

	it("are tried on the next frame by themselves, not after a change of the same one", async () => {
		words.value = "small";
		await pass(PAUSE);
		await pane.reload();
		await pass(PAUSE);
		expect(server.asked).toHaveLength(1);
		await pane.show({ ...SPOT, frame: 1 });
		await pass(PAUSE);
		expect(server.asked).toHaveLength(2);
	});

	it("can be tried again after a failure", async () => {
		server.isDead = true;
		words.value = "small";
		await pass(PAUSE);
		expect(tried.value.state).toBe("failed");
		server.isDead = false;
		again();
		await pass(0);
		expect(said()).toBe("small");
	});
});
