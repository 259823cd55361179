import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a server: `nodulens serve --no-browser`. */
const SERVER = "http://127.0.0.1:8631";

export default defineConfig({
	oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
	build: {
		outDir: "../src/nodulens/serve/static",
		emptyOutDir: true,
		// The server's Content-Security-Policy allows no pictures inlined in scripts but data: ones,
		// and a page of one script and one style sheet is the quickest from a server on the desk.
		modulePreload: false,
		target: "es2022",
	},
	server: { proxy: { "/api": SERVER } },
	test: { include: ["src/**/*.test.{ts,tsx}"], environment: "happy-dom" },
});
