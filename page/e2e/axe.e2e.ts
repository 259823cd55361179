/** What axe finds wrong for people who do not see, hear or point as others do: nothing. */
import axe from "axe-core";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { choose, outlined, visit } from "./browser";
import { scan } from "./pictures";

const address = inject("address");
let study = "";

beforeAll(async () => {
	const page = await visit(address);
	await choose(page, scan(1));
	await outlined(page);
	study = new URL(page.url()).hash;
});

describe.each([
	["light", 1400, 900],
	["dark", 1400, 900],
	["light", 820, 1180],
	["dark", 820, 1180],
] as const)("%s, %d × %d", (colorScheme, width, height) => {
	const look = (place: string) =>
		visit(`${address}/${place}`, { colorScheme, viewport: { width, height } });

	test("the start page", async () => {
		const page = await look("#/");
		await page.locator(".study").first().waitFor();
		await page.getByText("Options").click();
		expect(await wrongs(page)).toEqual([]);
		await page
			.getByRole("button", { name: /^Delete/ })
			.first()
			.click();
		expect(await wrongs(page)).toEqual([]);
	});

	test("the workbench", async () => {
		const page = await look(study);
		await outlined(page);
		expect(await wrongs(page)).toEqual([]);
	});
});

/** Return what is wrong, each with where it is. */
async function wrongs(page: Page): Promise<string[]> {
	// By way of the debugger, which the page's policy on scripts does not concern.
	await page.evaluate(axe.source);
	return page.evaluate(async () => {
		// biome-ignore lint/suspicious/noExplicitAny: it was put there a moment ago
		const { violations } = await (window as any).axe.run();
		return violations.map(
			(one: axe.Result) =>
				`${one.id}: ${one.help}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`,
		);
	});
}
