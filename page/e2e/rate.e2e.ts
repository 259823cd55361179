/** How smooth panning and zooming are, on a frame of 1024 × 768. */
import { expect, inject, test } from "vitest";
import { choose, outlined, visit } from "./browser";
import { scan } from "./pictures";

const LEAST_A_SECOND = 30;
const STEPS = 120;

test("panning and zooming show 30 frames a second or more", async () => {
	const page = await visit(inject("address"));
	await choose(page, scan(1, 1024, 768));
	await outlined(page);
	const box = await page.locator(".stage canvas").boundingBox();
	if (box === null) throw new Error("there is no canvas");
	const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
	await page.mouse.move(x, y);

	/** Return milliseconds between pictures while something is done. */
	const timed = async (act: (step: number) => Promise<void>): Promise<number[]> => {
		await page.evaluate(() => {
			const times: number[] = [];
			const note = (now: number) => {
				times.push(now);
				if (Object.hasOwn(window, "times")) requestAnimationFrame(note);
			};
			Object.assign(window, { times });
			requestAnimationFrame(note);
		});
		for (let step = 0; step < STEPS; step++) await act(step);
		const times = await page.evaluate(() => {
			const { times } = window as unknown as { times: number[] };
			delete (window as unknown as { times?: number[] }).times;
			return times;
		});
		return times.slice(1).map((time, index) => time - (times[index] ?? time));
	};

	const zooming = await timed((step) => page.mouse.wheel(0, step % 40 < 20 ? -120 : 120));
	await page.mouse.down();
	const panning = await timed((step) =>
		page.mouse.move(x + 80 * Math.sin(step / 6), y + 60 * Math.cos(step / 6)),
	);
	await page.mouse.up();
	for (const [name, gaps] of Object.entries({ zooming, panning })) {
		const sorted = gaps.sort((a, b) => a - b);
		const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
		const [half, most] = [at(0.5), at(0.95)];
		console.log(
			`${name} 1024 × 768: ${half.toFixed(1)} ms between pictures (median), ` +
				`${most.toFixed(1)} ms (95th percentile), of ${gaps.length}`,
		);
		expect(1000 / half).toBeGreaterThanOrEqual(LEAST_A_SECOND);
	}
});
