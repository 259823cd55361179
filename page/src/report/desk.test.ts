import { beforeEach, describe, expect, it, vi } from "vitest";
import { Problem } from "../api/problem";
import type { Reported } from "../api/types";
import { valueIn } from "../app/loaded";

const server = { text: "generated", version: 0, edited: false, reachable: true };

vi.mock("../api/client", () => ({
	ask: async (
		method: string,
		path: string,
		given: { body?: { base: number; text: string | null } },
	) => {
		if (path === "/api/health") return {};
		if (!server.reachable) throw new Problem(0, "no answer", "start it");
		if (method === "put" && given.body) {
			if (given.body.base !== server.version) throw new Problem(409, "stale", "load again");
			server.version++;
			server.text = given.body.text ?? "generated";
		}
		return { ...server } as unknown as Reported;
	},
}));

const { discard, draft, load, report, store, write } = await import("./desk");

describe("a report", () => {
	let analysis = "";
	beforeEach(async () => {
		Object.assign(server, { text: "generated", version: 0, reachable: true });
		analysis = crypto.randomUUID();
		await load(analysis);
	});

	it("is stored, and then there is nothing unsaved", async () => {
		write(analysis, "mine");
		await store(analysis, "mine");
		expect([server.text, draft.value]).toEqual(["mine", null]);
		expect(valueIn(report.value)?.text).toBe("mine");
	});

	it("keeps what is unsaved where the server is gone", async () => {
		write(analysis, "mine");
		server.reachable = false;
		await store(analysis, "mine");
		expect(draft.value?.text).toBe("mine");
	});

	it("keeps what is unsaved over another's text, and puts it in its place when asked again", async () => {
		write(analysis, "mine");
		Object.assign(server, { text: "theirs", version: 7 });
		await store(analysis, "mine");
		expect(draft.value?.text).toBe("mine");
		expect(valueIn(report.value)?.text).toBe("theirs");
		await store(analysis, "mine");
		expect(server.text).toBe("mine");
	});

	it("keeps what was written while the text was on its way", async () => {
		write(analysis, "mine");
		const storing = store(analysis, "mine");
		write(analysis, "mine, and more");
		await storing;
		expect(draft.value).toEqual({ base: 1, text: "mine, and more" });
	});

	it("finds what was unsaved when it is opened again", async () => {
		write(analysis, "mine");
		await load(crypto.randomUUID());
		expect(draft.value).toBeNull();
		await load(analysis);
		expect(draft.value?.text).toBe("mine");
		discard(analysis);
		expect(draft.value).toBeNull();
	});
});
