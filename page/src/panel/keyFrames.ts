/** Return on which frames of a cine a nodule is shown best, those of its largest section first. */
import type { FrameValues } from "../api/types";

export interface KeyFrame {
	kind: "largest" | "sharpest";
	frame: number;
}

export function keyFrames(curve: FrameValues[], number: number): KeyFrame[] {
	const found = curve.flatMap(({ frame, nodules }) =>
		nodules
			.filter((one) => one.number === number)
			.flatMap((one) => one.key.map((kind) => ({ kind, frame }))),
	);
	return found.sort((a, b) => a.kind.localeCompare(b.kind) || a.frame - b.frame);
}
