/** A DICOM cine: its curve, its key frames, and the objects that leave. */
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { choose, get, outlined, studyOf, until, visit } from "./browser";
import { sample } from "./pictures";
import { PYTHON } from "./server";

const READ = `
import io, sys, zipfile
from pydicom import dcmread
with zipfile.ZipFile(sys.argv[1]) as archive:
    for name in archive.namelist():
        print(dcmread(io.BytesIO(archive.read(name))).Modality)
`;

test("a cine is scrubbed, accepted, and leaves as SEG and SR", async () => {
	const page = await visit(inject("address"));
	await choose(page, sample("cine.dcm"));
	await outlined(page, 60_000);
	const { analyses } = (await get(page, `/api/studies/${studyOf(page)}`)) as {
		analyses: { id: string }[];
	};
	const state = async () =>
		((await get(page, `/api/analyses/${analyses[0]?.id}`)) as { state: string }).state;
	await until(async () => (await state()) === "done", 60_000);

	await page.getByRole("slider", { name: /frame/i }).focus();
	await page.keyboard.press("End");
	await until(async () => page.url().endsWith("frame=23"));
	await page.keyboard.press("Home");
	await until(async () => !page.url().includes("frame="));

	await page.keyboard.press("Shift+A");
	await page.getByText("Accepted", { exact: true }).first().waitFor();
	await page.keyboard.press("g");
	const dialog = page.getByRole("dialog", { name: /^Report/ });
	const [download] = await Promise.all([
		page.waitForEvent("download"),
		dialog.getByRole("button", { name: "Download SEG and SR" }).click(),
	]);
	const path = join(mkdtempSync(join(tmpdir(), "nodulens-dicom-")), "objects.zip");
	await download.saveAs(path);
	const kinds = execFileSync(PYTHON, ["-c", READ, path], { encoding: "utf8" });
	expect([...new Set(kinds.trim().split("\n"))].sort()).toEqual(["SEG", "SR"]);
});
