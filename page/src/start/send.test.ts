import { expect, test } from "vitest";
import { formOf } from "./send";

const FILES = [{ file: new File(["x"], "a.png"), name: "case/a.png" }];

test("files go with their folders, and nothing that was not said", () => {
	const form = formOf(FILES, { name: "  ", asked: { text: null, segmenter: "" as never } });
	expect([...form.keys()]).toEqual(["files"]);
	expect((form.get("files") as File).name).toBe("case/a.png");
});

test("what was said goes before the files", () => {
	const form = formOf(FILES, { name: " Smith ", asked: { text: "left lobe", classifier: "none" } });
	expect([...form.keys()]).toEqual(["name", "asked", "files"]);
	expect(form.get("name")).toBe("Smith");
	expect(JSON.parse(String(form.get("asked")))).toEqual({ text: "left lobe", classifier: "none" });
});
