import { expect, it } from "vitest";
import { Kept } from "./kept";

it("lets go of what was not used for longest, until the rest has room", () => {
	const kept = new Kept<string>(10);
	kept.set("a", "A", 4);
	kept.set("b", "B", 4);
	kept.get("a");
	kept.set("c", "C", 5);
	expect(["a", "b", "c"].map((key) => kept.get(key))).toEqual(["A", undefined, "C"]);
});

it("keeps the newest however large, and nothing else beside it", () => {
	const kept = new Kept<string>(10);
	kept.set("a", "A", 4);
	kept.set("b", "B", 40);
	expect([kept.get("a"), kept.get("b")]).toEqual([undefined, "B"]);
	kept.set("c", "C", 1);
	expect([kept.get("b"), kept.get("c")]).toEqual([undefined, "C"]);
});

it("counts what is replaced once, and what is deleted no more", () => {
	const kept = new Kept<string>(10);
	for (const value of ["A", "A2", "A3"]) kept.set("a", value, 6);
	kept.set("b", "B", 4);
	expect(kept.get("a")).toBe("A3");
	kept.delete("a");
	kept.set("c", "C", 6);
	expect(kept.get("b")).toBe("B");
});
