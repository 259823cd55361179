/** Before all scenarios: is there a browser, and a server that most of them share. */
import type { TestProject } from "vitest/node";
import { chromiumPath } from "./chromium";
import { serve } from "./server";

const HOW = "install it (on Debian: apt-get install chromium), or name one by CHROMIUM";

declare module "vitest" {
	interface ProvidedContext {
		address: string;
	}
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	if (chromiumPath() === null) {
		if (process.env.CI) throw new Error(`There is no Chromium: ${HOW}.`);
		console.warn(`\nThe page was not tried in a browser, since there is no Chromium: ${HOW}.\n`);
		process.exit(0);
	}
	const server = await serve();
	project.provide("address", server.address);
	return () => server.stop();
}
