/** Whether results can leave as DICOM. */
import type { Analysis, Study } from "../api/types";

/** Return why nothing can be had as DICOM; null where it can. */
export function whyNot({ review }: Analysis, { images }: Study): string | null {
	if (!images.some((one) => one.dicom)) {
		return "Nothing in this study is DICOM; results of pictures are in the data set.";
	}
	return review === "accepted" ? null : "Accept the analysis first.";
}
