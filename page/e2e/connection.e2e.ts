/** A server that goes and comes back, tabs side by side, a token. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { choose, coloured, get, outlined, studyOf, tab, until, visit } from "./browser";
import { scan } from "./pictures";
import { type Server, serve } from "./server";

const TOKEN = "a token of some length";

describe("a server on this desk", () => {
	let server: Server;
	beforeAll(async () => {
		server = await serve();
	});
	afterAll(() => server.stop());

	test("may be killed and started again in the middle of work", async () => {
		const page = await visit(server.address);
		await choose(page, scan(1));
		await outlined(page);
		const before = await coloured(page);

		await server.kill();
		// What asks anything finds out; coming back to the tab does.
		await page.evaluate(() => dispatchEvent(new Event("focus")));
		await page.locator(".away").waitFor();
		// The banner takes a line from the frame, which is drawn a little smaller.
		expect(await coloured(page)).toBeGreaterThan(0.8 * before);

		// An upload meanwhile is kept at hand.
		await choose(await onStart(page), scan(2));
		await page.getByText("was not uploaded").waitFor();

		await server.restart();
		await page.locator(".away").waitFor({ state: "hidden" });
		await page.getByRole("button", { name: "Try again" }).click();
		await outlined(page);
		await onStart(page);
		await page.getByText("2 studies").waitFor();
	});

	test("finishes what it was analyzing when it was killed", async () => {
		const page = await visit(server.address);
		await choose(page, ...[11, 12, 13, 14, 15, 16].map((seed) => scan(seed)));
		await until(async () => studyOf(page) !== "");
		await server.kill();
		await page.locator(".away").waitFor();
		await server.restart();
		await outlined(page, 30_000);
		const study = `/api/studies/${studyOf(page)}`;
		const state = async () => ((await get(page, study)) as Known).analyses[0]?.state;
		await until(async () => (await state()) === "done", 30_000);
	});

	test("tells one tab what another did", async () => {
		const page = await visit(server.address);
		await choose(page, scan(3));
		await outlined(page);
		const other = await tab(page);
		await outlined(other);
		const { analyses, images } = (await get(page, `/api/studies/${studyOf(page)}`)) as Known;
		const frame = `/api/analyses/${analyses[0]?.id}/images/${images[0]?.id}/frames/0`;
		// As a tab does that stores a correction.
		await page.evaluate(async (url) => {
			const ring = [
				[20, 20],
				[600, 20],
				[600, 450],
				[20, 450],
			];
			const change = { base: 0, change: { action: "add", rings: [ring] } };
			await fetch(`${url}/changes`, {
				method: "POST",
				headers: { "Content-Type": "application/json" },
				body: JSON.stringify(change),
			});
			new BroadcastChannel("nodulens").postMessage(url);
		}, frame);
		const before = await coloured(page);
		await other.bringToFront();
		await until(async () => (await coloured(other)) > before + 500);
	});
});

test("a server that wants its token asks for it, and the page goes on", async () => {
	const server = await serve("--token", TOKEN);
	try {
		const page = await visit(server.address);
		const dialog = page.getByRole("dialog");
		await dialog.getByLabel("Token").fill("a wrong token of length");
		await dialog.getByRole("button", { name: "Open" }).click();
		await dialog.getByText("the token is wrong").waitFor();
		await page.keyboard.press("Escape");
		await dialog.getByLabel("Token").fill(TOKEN);
		await page.keyboard.press("Enter");
		await page.getByText("Nothing was uploaded yet").waitFor();
		expect(await dialog.count()).toBe(0);
	} finally {
		await server.stop();
	}
});

interface Known {
	analyses: { id: string; state: string }[];
	images: { id: string }[];
}

/** Go to the start page without loading the page anew. */
async function onStart<P extends import("playwright-core").Page>(page: P): Promise<P> {
	await page.getByRole("link", { name: "Nodulens" }).click();
	await page.getByText("Choose files").waitFor();
	return page;
}
