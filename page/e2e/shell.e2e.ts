/** What holds everywhere: theme, shortcuts, the keyboard, the notice. */
import { expect, inject, test } from "vitest";
import { visit } from "./browser";

const address = inject("address");

test("a theme that was chosen stays", async () => {
	const page = await visit(address, { colorScheme: "light" });
	const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	const light = await ground();
	await page.getByLabel("Theme").selectOption("dark");
	const dark = await ground();
	expect(dark).not.toBe(light);
	await page.reload();
	expect(await ground()).toBe(dark);
});

test("a question mark lists the shortcuts, and Escape puts the focus back", async () => {
	const page = await visit(address);
	const more = page.getByText("Choose files");
	await more.focus();
	await page.keyboard.press("?");
	await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
	await page.keyboard.press("Escape");
	expect(await page.getByRole("dialog").count()).toBe(0);
	expect(await more.evaluate((one) => one === document.activeElement)).toBe(true);
});

test("the first stop of the keyboard leads over the head", async () => {
	const page = await visit(address);
	await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("MAIN");
});

test("the notice stands on every place", async () => {
	const page = await visit(address);
	for (const place of ["#/", "#/studies/0123456789abcdef"]) {
		await page.goto(`${address}/${place}`);
		expect(await page.locator(".notice").textContent()).toMatch(/^Research use only/);
		expect(await page.locator(".notice").isVisible()).toBe(true);
	}
});
