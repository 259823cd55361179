/** The first visit: nothing is there but samples. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { outlined, visit } from "./browser";
import { type Server, serve } from "./server";

let server: Server;
beforeAll(async () => {
	server = await serve();
});
afterAll(() => server.stop());

test("an empty page offers samples, and each can be analyzed", async () => {
	const page = await visit(server.address);
	const samples = page.locator(".samples button");
	await samples.first().waitFor();
	expect(await samples.count()).toBe(3);
	const titles = await page.locator(".samples strong").allTextContents();
	for (const title of titles) {
		await page.goto(`${server.address}/#/`);
		if (title !== titles[0]) await page.getByText("Sample frames", { exact: true }).click();
		await samples.filter({ hasText: title }).click();
		await outlined(page, 30_000);
	}
	await page.goto(`${server.address}/#/`);
	await page.getByText("3 studies").waitFor();

	await page.getByRole("button", { name: `Delete ${titles[0]}` }).click();
	await page
		.getByRole("dialog")
		.getByRole("button", { name: /^Delete/ })
		.click();
	await page.getByText("2 studies").waitFor();
});
