import { beforeEach, expect, test, vi } from "vitest";
import type { Study } from "../api/types";
import { EMPTY, valueIn } from "../app/loaded";
import { add, joined, list, load, more, wanted } from "./studies";

const TOTAL = 430;
const all = Array.from({ length: TOTAL }, (_, n) => ({ id: String(n), images: [], name: "" }));

vi.mock("../api/client", () => ({
	ask: async (_: string, __: string, { query }: { query: { offset: number; limit: number } }) => {
		const studies = all.slice(query.offset, query.offset + query.limit);
		const end = query.offset + studies.length;
		return { studies, total: TOTAL, next: end < TOTAL ? end : null };
	},
}));

const shown = () => valueIn(list.value)?.studies.length;

beforeEach(() => {
	list.value = EMPTY;
	wanted.value = { name: "", standing: "any" };
});

test("comes page by page, and stays as long when it is loaded anew", async () => {
	await load();
	expect(shown()).toBe(50);
	for (let times = 0; times < 4; times++) await more();
	expect(shown()).toBe(250);
	await load();
	expect(shown()).toBe(250);
});

test("is fetched whole while something is searched for", async () => {
	await load();
	wanted.value = { name: "x", standing: "any" };
	await more();
	expect(shown()).toBe(TOTAL);
	expect(valueIn(list.value)?.next).toBeNull();
});

test("has no study twice, though new ones moved the pages", () => {
	const known = { studies: all.slice(0, 3) as unknown as Study[], total: 9, next: 3 };
	const page = { studies: all.slice(2, 5) as unknown as Study[], total: 10, next: 6 };
	expect(joined(known, page)).toMatchObject({ total: 10, next: 6 });
	expect(joined(known, page).studies.map((one) => one.id)).toEqual(["0", "1", "2", "3", "4"]);
});

test("takes in what was uploaded, and passes no study over", async () => {
	await load();
	add({ id: "new" } as Study);
	expect(valueIn(list.value)).toMatchObject({ total: TOTAL + 1, next: 51 });
	expect(valueIn(list.value)?.studies[0]?.id).toBe("new");
});
