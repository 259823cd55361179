/** The whole way of a case, as a radiologist goes it: each step goes on from the one before. */
import type { Page } from "playwright-core";
import { beforeAll, expect, inject, test } from "vitest";
import { choose, coloured, outlined, visit } from "./browser";
import { scan } from "./pictures";

let page: Page;
beforeAll(async () => {
	page = await visit(inject("address"));
});

test("upload a scan and see its outline", async () => {
	await choose(page, scan(21));
	await outlined(page);
});

test("come back to it by a reload, and by the list", async () => {
	const drawn = await coloured(page);
	await page.reload();
	await outlined(page);
	expect(await coloured(page)).toBe(drawn);
	await page.getByRole("link", { name: "Nodulens" }).click();
	await page.getByRole("searchbox", { name: "Name" }).fill("scan-21");
	await page.getByRole("link", { name: "scan-21-640x480.png" }).click();
	await outlined(page);
	expect(await coloured(page)).toBe(drawn);
});
