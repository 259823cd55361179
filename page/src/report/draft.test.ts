import { beforeEach, describe, expect, it } from "vitest";
import type { Reported } from "../api/types";
import { isOvertaken, keep, kept, textOf, write } from "./draft";

const STORED = { text: "as generated", version: 3 } as Reported;

describe("write", () => {
	it("begins a draft of the version that is shown, and keeps to it", () => {
		const draft = write("mine", null, STORED);
		expect(draft).toEqual({ base: 3, text: "mine" });
		expect(textOf(draft, STORED)).toBe("mine");
		const newer = { ...STORED, version: 4, text: "theirs" };
		const further = write("mine, too", draft, newer);
		expect(further?.base).toBe(3);
		expect(isOvertaken(further, newer)).toBe(true);
		expect(isOvertaken(draft, STORED)).toBe(false);
	});

	it("is no draft where nothing differs", () => {
		expect(write("as generated", { base: 3, text: "mine" }, STORED)).toBeNull();
		expect(textOf(null, STORED)).toBe("as generated");
	});
});

describe("keep", () => {
	beforeEach(() => localStorage.clear());

	it("keeps a draft of each analysis until it is forgotten", () => {
		keep("a", { base: 3, text: "mine" });
		expect(kept("a")).toEqual({ base: 3, text: "mine" });
		expect(kept("b")).toBeNull();
		keep("a", null);
		expect(kept("a")).toBeNull();
	});

	it("takes nothing else for a draft", () => {
		localStorage.setItem("nodulens.report.a", '{"text": 5}');
		expect(kept("a")).toBeNull();
		localStorage.setItem("nodulens.report.a", "{broken");
		expect(kept("a")).toBeNull();
	});
});
