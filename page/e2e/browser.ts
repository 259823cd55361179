/** A browser with short words for what scenarios do in it. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, expect, vi } from "vitest";
import { chromiumPath } from "./chromium";

const OPTIONS = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
];

/** From the colours of a pixel on, between which it is no grey of a scan. */
const CHROMA = 60;

let browser: Browser | null = null;
/** What no scenario may leave on the console: errors of the page, breaches of its policy. */
const faults: string[] = [];

afterEach(() => {
	expect(faults.splice(0)).toEqual([]);
});

afterAll(async () => {
	await browser?.close();
	browser = null;
});

/** Open the page in a session of its own. */
export async function visit(address: string, options: BrowserContextOptions = {}): Promise<Page> {
	browser ??= await chromium.launch({ executablePath: chromiumPath() ?? "", args: OPTIONS });
	const context = await browser.newContext({
		viewport: { width: 1400, height: 900 },
		...options,
	});
	const page = await context.newPage();
	page.on("pageerror", (error) => faults.push(error.message));
	page.on("console", (message) => {
		// Answers that refuse, or do not come, are noted by the browser itself.
		if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
			faults.push(message.text());
		}
	});
	await page.goto(address);
	return page;
}

/** Another tab of the same session. */
export async function tab(page: Page): Promise<Page> {
	const other = await page.context().newPage();
	await other.goto(page.url());
	return other;
}

/** Choose files for an upload. */
export const choose = (page: Page, ...paths: string[]): Promise<void> =>
	page.setInputFiles("input[aria-label=Files]", paths);

/** Wait until something holds; what is asked of the page must not be cached there. */
export const until = (what: () => Promise<unknown>, timeout = 20_000): Promise<unknown> =>
	vi.waitUntil(what, { timeout, interval: 30 });

/** Return how many pixels of the stage have a colour: outlines have one, scans are grey. */
export function coloured(page: Page): Promise<number> {
	return page.evaluate((chroma) => {
		const canvas = document.querySelector<HTMLCanvasElement>(".stage canvas");
		const context = canvas?.getContext("2d");
		if (!canvas || !context || canvas.width === 0) return 0;
		const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
		let found = 0;
		for (let i = 0; i < data.length; i += 4) {
			const [r = 0, g = 0, b = 0] = [data[i], data[i + 1], data[i + 2]];
			if (Math.max(r, g, b) - Math.min(r, g, b) > chroma) found++;
		}
		return found;
	}, CHROMA);
}

/** Wait until an outline is drawn. */
export const outlined = (page: Page, timeout?: number): Promise<unknown> =>
	until(async () => (await coloured(page)) > 50, timeout);

/** Ask the server as the page would. */
export const get = (page: Page, path: string): Promise<unknown> =>
	page.evaluate(async (url) => (await fetch(url)).json(), path);

interface Said {
	version: number;
	finding: {
		width: number;
		height: number;
		nodules: { area_px: number; long_axis_line: [number, number][] }[];
	};
	by_user: Record<
		string,
		{ verdict: string; tirads: { by_category: Record<string, [number, number]> } | null }
	>;
}

/** Return what the server says of the first frame of the study that is shown. */
export async function said(page: Page, version?: number): Promise<Said> {
	const { analyses, images } = (await get(page, `/api/studies/${studyOf(page)}`)) as {
		analyses: { id: string }[];
		images: { id: string }[];
	};
	const frame = `/api/analyses/${analyses[0]?.id}/images/${images[0]?.id}/frames/0`;
	const query = version === undefined ? "" : `?version=${version}`;
	return (await get(page, frame + query)) as Said;
}

/** Return the nodules' areas in pixels. */
export const areas = ({ finding }: Said): number[] => finding.nodules.map((one) => one.area_px);

/** Return where on the screen the first nodule's edge is: the right end of its long axis. */
export async function edge(page: Page): Promise<[number, number]> {
	const { finding } = await said(page);
	const ends = finding.nodules[0]?.long_axis_line ?? [];
	const [x, y] = ends.reduce((one, other) => (other[0] > one[0] ? other : one));
	const { width, height } = finding;
	const box = await page.locator(".stage canvas").boundingBox();
	if (box === null) throw new Error("There is no frame.");
	// As the page lays a frame out at first: as large as it goes, in the middle.
	const scale = Math.min(box.width / width, box.height / height);
	return [
		box.x + (box.width - scale * width) / 2 + scale * (x + 0.5),
		box.y + (box.height - scale * height) / 2 + scale * (y + 0.5),
	];
}

/** Return the study that the page shows. */
export const studyOf = (page: Page): string => /studies\/(\w+)/.exec(page.url())?.[1] ?? "";
