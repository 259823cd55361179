import { describe, expect, test } from "vitest";
import type { Analysis, Study } from "../api/types";
import { ANY, fits, standingOf } from "./standing";

const analysis = (state: Analysis["state"], review: Analysis["review"] = "open") =>
	({ state, review }) as Analysis;
const study = (...analyses: Analysis[]) =>
	({ name: "Smith, left", images: [{ name: "case/scan_07.png" }], analyses }) as unknown as Study;

describe("a study stands", () => {
	test.each([
		["none", study()],
		["waiting", study(analysis("queued"))],
		["running", study(analysis("done", "accepted"), analysis("running"))],
		["open", study(analysis("done"), analysis("done", "accepted"))],
		["accepted", study(analysis("done", "accepted"), analysis("failed"))],
		["failed", study(analysis("failed"))],
		["cancelled", study(analysis("cancelled"))],
	])("as %s", (standing, one) => expect(standingOf(one)).toBe(standing));
});

describe("a study fits", () => {
	const accepted = study(analysis("done", "accepted"));
	test.each([
		[true, ANY],
		[true, { ...ANY, name: "LEFT smi" }],
		[true, { ...ANY, name: "scan_07" }],
		[false, { ...ANY, name: "smith right" }],
		[true, { name: "smith", standing: "accepted" as const }],
		[false, { name: "smith", standing: "open" as const }],
	])("%s: %o", (is, wanted) => expect(fits(accepted, wanted)).toBe(is));
});
