/** Where Chromium is: CHROMIUM names it, or it is where systems put it. */
import { existsSync } from "node:fs";

const USUAL = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export function chromiumPath(): string | null {
	const named = process.env.CHROMIUM;
	if (named !== undefined) return named;
	return USUAL.find((path) => existsSync(path)) ?? null;
}
