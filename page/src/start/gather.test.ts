import { expect, test } from "vitest";
import { chosen, dropped } from "./gather";

const file = (name: string) => new File(["x"], name);

/** Entries as a browser gives them: a folder's content a few at a time. */
function entry(path: string, content?: FileSystemEntry[]): FileSystemEntry {
	if (content === undefined) {
		const found = (resolve: (one: File) => void) => resolve(file(path.split("/").at(-1) ?? ""));
		return { isFile: true, fullPath: path, file: found } as unknown as FileSystemEntry;
	}
	const rest = [...content];
	const readEntries = (resolve: (some: FileSystemEntry[]) => void) => resolve(rest.splice(0, 2));
	const createReader = () => ({ readEntries });
	return { isFile: false, fullPath: path, createReader } as unknown as FileSystemEntry;
}

const drop = (...entries: FileSystemEntry[]) =>
	({
		items: entries.map((one) => ({ webkitGetAsEntry: () => one })),
		files: [],
	}) as unknown as DataTransfer;

const names = (all: { name: string }[]) => all.map(({ name }) => name);

test("folders are opened, however deep and long, in the order that people count", async () => {
	const folder = entry("/case", [
		entry("/case/10.png"),
		entry("/case/2.png"),
		entry("/case/1.png"),
		entry("/case/deep", [entry("/case/deep/3.dcm")]),
		entry("/case/.DS_Store"),
	]);
	expect(names(await dropped(drop(folder, entry("/alone.png"))))).toEqual([
		"case/1.png",
		"case/2.png",
		"case/10.png",
		"case/deep/3.dcm",
		"alone.png",
	]);
});

test("a browser without entries gives its files", async () => {
	const data = { items: [], files: [file("a.png")] } as unknown as DataTransfer;
	expect(names(await dropped(data))).toEqual(["a.png"]);
});

test("a folder's files keep its name, and what the system left in it is not sent", () => {
	const inside = file("a.png");
	Object.defineProperty(inside, "webkitRelativePath", { value: "case/a.png" });
	expect(names(chosen([inside, file("Thumbs.db")]))).toEqual(["case/a.png"]);
});

test("nothing but noise is sent, so that the server says what is wrong with it", () => {
	expect(names(chosen([file(".hidden")]))).toEqual([".hidden"]);
});
