/** A case without a pointer: every key that is pressed is one of the keyboard. */
import { expect, inject, test } from "vitest";
import { areas, choose, outlined, said, until, visit } from "./browser";
import { scan } from "./pictures";

test("a case is opened, corrected, judged, accepted and reported by keys alone", async () => {
	const page = await visit(inject("address"));
	const { keyboard } = page;
	// Choosing files is the system's own dialog, which has keys of its own.
	await choose(page, scan(31));
	await outlined(page);
	await page.goto(`${inject("address")}/#/`);
	const link = page.getByRole("link", { name: "scan-31-640x480.png" });
	await link.waitFor();
	await reach(() => link.evaluate((one) => one === document.activeElement));
	await keyboard.press("Enter");
	await outlined(page);
	const [before = 0] = areas(await said(page));

	// The crosshair begins in the nodule's middle; held down, the arrow keys draw beyond its edge.
	await keyboard.press("b");
	await keyboard.press("ArrowRight");
	await keyboard.press("Space");
	for (let step = 0; step < 30; step++) await keyboard.press("ArrowRight");
	await keyboard.press("Space");
	await keyboard.press("Control+s");
	await until(async () => (await said(page)).version === 1);
	expect(areas(await said(page))[0]).toBeGreaterThan(before);

	await keyboard.press("Escape");
	await keyboard.press("a");
	await until(async () => Object.values((await said(page)).by_user)[0]?.verdict === "accepted");
	await keyboard.press("Shift+A");
	await page.getByText("Accepted", { exact: true }).first().waitFor();
	await keyboard.press("g");
	const report = page.getByRole("dialog", { name: /^Report/ });
	await report.waitFor();
	await keyboard.press("Escape");
	await report.waitFor({ state: "detached" });

	async function reach(isThere: () => Promise<boolean>): Promise<void> {
		for (let presses = 0; presses < 40; presses++) {
			await keyboard.press("Tab");
			if (await isThere()) return;
		}
		throw new Error("The Tab key does not lead there.");
	}
});
