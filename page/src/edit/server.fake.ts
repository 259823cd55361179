/** A server of one frame for tests: it keeps versions as the real one does. */
import { vi } from "vitest";
import type { Change, Contour } from "../api/types";
import type { Spot } from "../study/pane";

export const SPOT: Spot = { analysis: "a".repeat(16), image: "b".repeat(16), frame: 0 };
export const SIZE = { width: 60, height: 40 };

/** A square of side 10 whose upper left pixel is given. */
export const square = (x: number, y: number): Contour["rings"] => [
	[
		[x - 0.5, y - 0.5],
		[x + 9.5, y - 0.5],
		[x + 9.5, y + 9.5],
		[x - 0.5, y + 9.5],
	],
];

export class FakeServer {
	version = 0;
	/** Outlines by nodule. */
	rings = new Map<number, Contour["rings"]>([
		[1, square(5, 5)],
		[2, square(30, 20)],
	]);
	/** What readers know nodules by, where that is not their id. */
	readonly numbers = new Map<number, number>();
	/** Verdicts by nodule. */
	readonly verdicts = new Map<number, string>();
	readonly changes: Change[] = [];
	/** What `refine` and `try` were asked, and how they answer. */
	readonly asked: Record<string, unknown>[] = [];
	answer: (body: Record<string, unknown>) => unknown = () => ({});
	isDead = false;

	constructor() {
		vi.stubGlobal("fetch", (url: string, init: RequestInit = {}) => this.#fetch(url, init));
	}

	async #fetch(url: string, { body }: RequestInit): Promise<Response> {
		if (this.isDead) throw new TypeError("connection refused");
		const sent = typeof body === "string" ? JSON.parse(body) : null;
		if (url.endsWith("/refine") || url.endsWith("/try")) {
			this.asked.push(sent);
			return Response.json(await this.answer(sent));
		}
		if (url.endsWith("/changes")) return sent === null ? Response.json([]) : this.#change(sent);
		if (url.includes("/contours")) return Response.json({ contours: this.#contours() });
		return Response.json(this.#state());
	}

	#change(change: Change): Response {
		if (change.base !== this.version) {
			return Response.json({ status: 409, error: "stale", todo: "load" }, { status: 409 });
		}
		this.changes.push(change);
		this.version += 1;
		const { change: wanted } = change;
		if (wanted.action === "outline") this.rings.set(wanted.nodule, wanted.rings ?? []);
		if (wanted.action === "add") this.rings.set(9, wanted.rings ?? []);
		if (wanted.action === "judge") this.verdicts.set(wanted.nodule, wanted.verdict);
		if (wanted.action === "remove") this.rings.delete(wanted.nodule);
		return Response.json(this.#state(), { status: 201 });
	}

	#state() {
		const nodules = [...this.rings.keys()].map((id) => ({ id }));
		const verdicts = [...this.verdicts].map(([nodule, verdict]) => [nodule, { verdict }]);
		return {
			version: this.version,
			finding: { ...SIZE, error: null, nodules },
			by_user: Object.fromEntries(verdicts),
		};
	}

	#contours() {
		return [...this.rings].map(([nodule, rings]) => ({
			nodule,
			number: this.numbers.get(nodule) ?? nodule,
			rings,
			colour: [1, 2, 3],
		}));
	}
}
