/** The whole way of a case, as a radiologist goes it: each step goes on from the one before. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Download, Page } from "playwright-core";
import { beforeAll, expect, inject, test } from "vitest";
import { areas, choose, coloured, edge, outlined, said, studyOf, until, visit } from "./browser";
import { sample } from "./pictures";

const WORDS = "the smaller nodule on the right";

let page: Page;
/** Pixels of the corrected nodule. */
let corrected = 0;
let archive = "";

beforeAll(async () => {
	page = await visit(inject("address"));
});

test("upload a scan and see its outline", async () => {
	await choose(page, sample("two-nodules.png"));
	await outlined(page);
	expect(await said(page)).toMatchObject({ version: 0 });
});

test("come back to it by a reload, and by the list", async () => {
	const drawn = await coloured(page);
	await page.reload();
	await outlined(page);
	expect(await coloured(page)).toBe(drawn);
	await page.getByRole("link", { name: "Nodulens" }).click();
	await page.getByRole("searchbox", { name: "Name" }).fill("two-nodules");
	await page.getByRole("link", { name: "two-nodules.png" }).click();
	await outlined(page);
	expect(await coloured(page)).toBe(drawn);
});

test("words choose the nodule that they name, live, and say what was understood", async () => {
	const words = page.getByRole("textbox", { name: "Words" });
	await words.fill(WORDS);
	const column = page.getByRole("region", { name: "Words" });
	await column.getByRole("row", { name: /^with words/ }).waitFor();
	const area = async (which: string) => {
		const cells = column.getByRole("row", { name: which }).getByRole("cell");
		return Number(await cells.nth(1).textContent());
	};
	expect(await area("with words")).toBeLessThan(0.7 * (await area("without words")));
	expect(await column.textContent()).toContain("smaller");
	// Nothing of it is stored.
	expect(await said(page)).toMatchObject({ version: 0 });
	await words.fill("");
	await column.getByRole("table").waitFor({ state: "detached" });
	// Letters are letters while the field has the focus.
	await words.blur();
});

test("correct the outline with the brush, undo, redo, and save it", async () => {
	const [before = 0] = areas(await said(page));
	const [x, y] = await edge(page);
	await page.keyboard.press("b");
	await page.mouse.move(x, y);
	await page.mouse.down();
	await page.mouse.move(x + 60, y, { steps: 6 });
	await page.mouse.move(x + 60, y + 40, { steps: 4 });
	await page.mouse.up();
	await page.keyboard.press("Control+z");
	await page.keyboard.press("Control+Shift+z");
	await page.keyboard.press("Control+s");
	await until(async () => (await said(page)).version === 1);
	[corrected = 0] = areas(await said(page));
	expect(corrected).toBeGreaterThan(before + 200);
	// The model's own version is one key away, and stays.
	await page.keyboard.press("b");
	await page.keyboard.press("Shift+O");
	const original = page.getByRole("button", { name: /^Original/, pressed: true });
	await original.waitFor();
	await page.keyboard.press("Shift+O");
	await original.waitFor({ state: "detached" });
	expect(areas(await said(page, 0))[0]).toBe(before);
});

test("say what it looks like, and the level follows", async () => {
	const category = page.getByRole("combobox", { name: /echogenicity/i });
	await category.selectOption("very hypoechoic");
	await until(async () => (await said(page)).version === 2);
	await category.blur();
	const { by_user } = await said(page);
	expect(Object.values(by_user)[0]?.tirads?.by_category.echogenicity).toEqual([3, 3]);
});

test("accept it, and find it accepted after a reload", async () => {
	await page.keyboard.press("Shift+A");
	await page.getByText("Accepted", { exact: true }).first().waitFor();
	await page.reload();
	await outlined(page);
	await page.getByText("Accepted", { exact: true }).first().waitFor();
	expect(areas(await said(page))[0]).toBe(corrected);
});

test("read and edit the report, and take the data set away", async () => {
	await page.keyboard.press("g");
	const dialog = page.getByRole("dialog", { name: /^Report/ });
	const text = dialog.getByRole("textbox");
	await until(async () => (await text.inputValue()).includes("very hypoechoic"));
	expect(await text.inputValue()).toContain("Research use only");
	await text.fill(`${await text.inputValue()}\nSeen by a person.`);
	await dialog.getByRole("button", { name: "Store the text" }).click();
	await dialog.getByRole("button", { name: "Export this analysis" }).click();
	const set = await downloaded(() =>
		dialog.getByRole("link", { name: "Download the data set" }).click(),
	);
	archive = join(mkdtempSync(join(tmpdir(), "nodulens-set-")), set.suggestedFilename());
	await set.saveAs(archive);
	await page.keyboard.press("Escape");
	await page.reload();
	await outlined(page);
	await page.keyboard.press("g");
	await until(async () => (await text.inputValue()).endsWith("Seen by a person."));
	await page.keyboard.press("Escape");
});

test("bring what was exported back, outlines and all", async () => {
	await page.getByRole("link", { name: "Nodulens" }).click();
	await page.getByText("Choose files").waitFor();
	await choose(page, archive);
	await until(async () => studyOf(page) !== "");
	await outlined(page);
	await until(async () => (await said(page)).version === 1);
	expect(areas(await said(page))).toContain(corrected);
});

async function downloaded(start: () => Promise<void>): Promise<Download> {
	const [download] = await Promise.all([page.waitForEvent("download"), start()]);
	return download;
}
