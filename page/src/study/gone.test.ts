import { afterEach, expect, it, vi } from "vitest";
import type { Study } from "../api/types";
import { remove, whenGone } from "./gone";

const STUDY = { id: "0123456789abcdef" } as Study;
const answer = (status: number) =>
	vi.stubGlobal("fetch", async () => new Response(status === 204 ? null : "{}", { status }));

afterEach(() => vi.unstubAllGlobals());

it("what is kept of a study goes with it, also where somebody else was faster", async () => {
	const forget = vi.fn();
	whenGone(forget);
	answer(204);
	await remove(STUDY);
	answer(404);
	await remove(STUDY);
	expect(forget.mock.calls).toEqual([[STUDY], [STUDY]]);
});

it("nothing is forgotten of a study that could not be deleted", async () => {
	const forget = vi.fn();
	whenGone(forget);
	answer(500);
	await expect(remove(STUDY)).rejects.toMatchObject({ status: 500 });
	expect(forget).not.toHaveBeenCalled();
});
