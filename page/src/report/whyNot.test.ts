import { expect, it } from "vitest";
import type { Analysis, Study } from "../api/types";
import { whyNot } from "./whyNot";

const of = (review: string) => ({ review }) as Analysis;
const study = (...dicom: boolean[]) => ({ images: dicom.map((one) => ({ dicom: one })) }) as Study;

it("wants DICOM images, and the reader's verdict", () => {
	expect(whyNot(of("accepted"), study(false, true))).toBeNull();
	expect(whyNot(of("open"), study(true))).toContain("Accept the analysis first");
	// Accepting would be in vain.
	expect(whyNot(of("open"), study(false))).toContain("Nothing in this study is DICOM");
});
