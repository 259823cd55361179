import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Problem } from "../api/problem";
import { isLocked } from "../api/reach";
import { go, place } from "../app/route";
import { options, takeOptions } from "./options";
import type { Sending } from "./send";
import { again, cancel, upload, uploads, whatOf } from "./uploads";

const STUDY = { id: "0123456789abcdef", name: "scan", images: [], analyses: [] };
const sendings: { resolve: (value: unknown) => void; reject: (thrown: unknown) => void }[] = [];

vi.mock("./send", () => ({
	send: (_files: unknown, _options: unknown, told: (sent: number, total: number) => void) => {
		let [resolve, reject] = [(_: unknown) => {}, (_: unknown) => {}];
		const promise = new Promise<unknown>((...both) => {
			[resolve, reject] = both;
		});
		told(1, 4);
		sendings.push({ resolve, reject });
		return { answer: promise, cancel: () => reject(null) } as unknown as Sending;
	},
}));

const FILES = [{ file: new File(["abcd"], "scan.png"), name: "scan.png" }];

beforeEach(() => {
	vi.stubGlobal("fetch", () => new Promise(() => {}));
});
afterEach(() => {
	go({ study: null });
	uploads.value = [];
	sendings.length = 0;
	vi.unstubAllGlobals();
});

test("what was kept whole is shown, and nothing is left to say", async () => {
	const done = upload(FILES);
	expect(uploads.value[0]?.stage).toEqual({ at: "sending", sent: 1, total: 4 });
	sendings[0]?.resolve({ study: STUDY, refused: [] });
	await done;
	expect(place.value.study).toBe(STUDY.id);
	expect(uploads.value).toEqual([]);
});

test("refused files stay named while the study is open", async () => {
	const done = upload(FILES);
	const refused = [{ name: "notes.txt", why: "this is text" }];
	sendings[0]?.resolve({ study: STUDY, refused });
	await done;
	expect(uploads.value[0]?.stage).toEqual({ at: "kept", study: STUDY, refused });
});

test("who went on to another study is not pulled away from it", async () => {
	const done = upload(FILES);
	go({ study: "fedcba9876543210" });
	sendings[0]?.resolve({ study: STUDY, refused: [] });
	await done;
	expect(place.value.study).toBe("fedcba9876543210");
	expect(uploads.value[0]?.stage).toEqual({ at: "kept", study: STUDY, refused: [] });
});

test("a failed upload keeps its files, and sends them again", async () => {
	const done = upload(FILES, { name: "Smith", asked: {} });
	sendings[0]?.reject(new Problem(507, "the disk is full", "delete studies"));
	await done;
	const [failed] = uploads.value;
	expect(failed?.stage.at).toBe("failed");
	if (failed !== undefined) again(failed);
	expect(uploads.value).toHaveLength(1);
	expect(uploads.value[0]).toMatchObject({ options: { name: "Smith" }, stage: { at: "sending" } });
});

test("a cancelled upload leaves nothing", async () => {
	const done = upload(FILES);
	cancel(uploads.value[0]?.id ?? -1);
	await done;
	expect(uploads.value).toEqual([]);
});

test("an upload that wants the token goes again once it was given", async () => {
	const done = upload(FILES);
	isLocked.value = true;
	sendings[0]?.reject(new Problem(401, "the token is missing", "give it"));
	await Promise.resolve();
	expect(sendings).toHaveLength(1);
	isLocked.value = false;
	await vi.waitUntil(() => sendings.length === 2);
	sendings[1]?.resolve({ study: STUDY, refused: [] });
	await done;
	expect(uploads.value).toEqual([]);
});

test("the page is not left unasked while something is sent", async () => {
	const isHeld = () => !dispatchEvent(new Event("beforeunload", { cancelable: true }));
	expect(isHeld()).toBe(false);
	const done = upload(FILES);
	expect(isHeld()).toBe(true);
	sendings[0]?.resolve({ study: STUDY, refused: [] });
	await done;
	expect(isHeld()).toBe(false);
});

test("words go with one upload alone, the models' choice stays", () => {
	options.value = { name: "Smith", asked: { text: "left lobe", segmenter: "other" } };
	expect(takeOptions()).toEqual({
		name: "Smith",
		asked: { text: "left lobe", segmenter: "other" },
	});
	expect(takeOptions()).toEqual({ name: "", asked: { segmenter: "other" } });
});

test.each([
	["scan.png", ["scan.png"]],
	["2 files of case", ["case/a.png", "case/b/c.png"]],
	["2 files", ["case/a.png", "b.png"]],
])("is called %s", (what, names) => {
	expect(whatOf(names.map((name) => ({ file: new File([], "x"), name })))).toBe(what);
});
