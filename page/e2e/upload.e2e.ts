/** From a file to its outline. */
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { choose, outlined, visit } from "./browser";
import { scan } from "./pictures";

const MOST_SECONDS = 5;
const address = inject("address");

test("a dropped scan is outlined soon, and a reload leads there again", async () => {
	const page = await visit(address);
	const seconds: number[] = [];
	// The first warms the models up; the figure is of those after it.
	for (const seed of [1, 2, 3, 4]) {
		const path = scan(seed);
		await page.goto(`${address}/#/`);
		await page.getByText("Choose files").waitFor();
		const start = performance.now();
		await choose(page, path);
		await outlined(page);
		seconds.push((performance.now() - start) / 1000);
	}
	const median = seconds.slice(1).sort((a, b) => a - b)[1] ?? Number.POSITIVE_INFINITY;
	console.log(`From a file to its outline: ${median.toFixed(2)} s (median of three)`);
	expect(median).toBeLessThan(MOST_SECONDS);

	const place = page.url();
	expect(place).toMatch(/#\/studies\/[0-9a-f]{16}/);
	await page.reload();
	await outlined(page);
	expect(page.url()).toBe(place);
	expect(await page.title()).toBe("scan-4-640x480.png – Nodulens");
});

test("a file that is no picture is refused by its name, with why, and the others are kept", async () => {
	const page = await visit(address);
	const text = join(tmpdir(), "words.png");
	writeFileSync(text, "This is no picture.");
	await choose(page, text);
	const alert = page.getByRole("alert").filter({ hasText: "words.png was not uploaded" });
	await alert.waitFor();
	expect(await alert.textContent()).toMatch(/text.*What to do: send PNG/s);
	await alert.getByRole("button", { name: "Dismiss" }).click();

	await choose(page, scan(5), text);
	await page.getByText("1 file was not kept").waitFor();
	await outlined(page);
	expect(await page.locator(".refused").textContent()).toMatch(/^words\.png: this is text/);
});

test("a study's frame is laid out anew, however the one before was magnified", async () => {
	const page = await visit(address);
	const magnified = () => page.getByLabel("Magnification").textContent();
	await choose(page, scan(6));
	await outlined(page);
	const fitted = await magnified();
	for (let presses = 0; presses < 3; presses++) await page.keyboard.press("+");
	expect(await magnified()).not.toBe(fitted);
	await page.goto(`${address}/#/`);
	await choose(page, scan(7, 400, 300));
	await outlined(page);
	const found = await magnified();
	await page.keyboard.press("0");
	expect(await magnified()).toBe(found);
});

test("files and folders can be dropped anywhere, also beside a study", async () => {
	const page = await visit(address);
	await page.evaluate(async () => {
		const canvas = new OffscreenCanvas(400, 300);
		const context = canvas.getContext("2d");
		for (let n = 0; n < 4000; n++) {
			if (context === null) return;
			const grey = Math.random() * 200;
			context.fillStyle = `rgb(${grey},${grey},${grey})`;
			context.fillRect(Math.random() * 400, Math.random() * 300, 5, 5);
		}
		const data = new DataTransfer();
		data.items.add(new File([await canvas.convertToBlob()], "dropped.png"));
		const drop = { dataTransfer: data, bubbles: true, cancelable: true };
		document.body.dispatchEvent(new DragEvent("dragenter", drop));
		document.body.dispatchEvent(new DragEvent("drop", drop));
	});
	await page.getByRole("heading", { name: "dropped.png" }).waitFor();
});

test("an address of no study says so, and leads back", async () => {
	const page = await visit(`${address}/#/studies/0123456789abcdef`);
	await page.getByRole("heading", { name: "There is no such study" }).waitFor();
	await page.getByRole("link", { name: "All studies" }).click();
	await page.getByRole("heading", { name: "Studies" }).waitFor();
});
