import { signal } from "@preact/signals";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Problem } from "../api/problem";
import type { Analysis } from "../api/types";
import { ready } from "../app/loaded";

const server = { review: "open", review_version: 0 };
const answer = () => ({ id: "a", ...server }) as Analysis;

vi.mock("../api/client", () => ({
	ask: async (method: string, _: string, given: { body?: { base: number; review: string } }) => {
		if (method === "put" && given.body) {
			if (given.body.base !== server.review_version) throw new Problem(409, "stale", "load again");
			Object.assign(server, { review: given.body.review, review_version: given.body.base + 1 });
		}
		return answer();
	},
}));

const session = vi.hoisted(() => ({
	reload: vi.fn(async () => {}),
	update: vi.fn(),
	analysis: null as unknown,
	pane: null as unknown,
}));
vi.mock("./session", () => session);

const analysis = signal<Analysis | null>(null);
const at = (version: number, frame = 0) =>
	ready({ state: { version, finding: { source: "a.png", frame } } });
const shown = signal(at(0));
Object.assign(session, { analysis, pane: { shown, reload: async () => {} } });

const { review } = await import("./review");
const settle = () => new Promise((done) => setTimeout(done));

describe("review", () => {
	beforeEach(() => {
		Object.assign(server, { review: "open", review_version: 0 });
		analysis.value = answer();
		vi.clearAllMocks();
	});

	it("stores the verdict, and shows the analysis as it then is", async () => {
		await review(answer(), "accepted");
		expect(session.update).toHaveBeenCalledWith(
			expect.objectContaining({ review: "accepted", review_version: 1 }),
		);
	});

	it("gives no verdict on what somebody changed meanwhile, and loads it", async () => {
		const old = answer();
		server.review_version = 5;
		await review(old, "accepted");
		expect(server.review).toBe("open");
		expect(session.update).not.toHaveBeenCalled();
		expect(session.reload).toHaveBeenCalledOnce();
	});

	it("is looked up again after a correction, which opens it", async () => {
		shown.value = at(1);
		await settle();
		expect(session.update).toHaveBeenCalledOnce();
	});

	it("is not looked up when another frame is shown, or the same anew", async () => {
		shown.value = at(7, 3);
		shown.value = at(7, 3);
		await settle();
		expect(session.update).not.toHaveBeenCalled();
	});
});
