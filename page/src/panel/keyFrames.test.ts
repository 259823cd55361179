import { expect, it } from "vitest";
import type { FrameValues } from "../api/types";
import { keyFrames } from "./keyFrames";

it("finds the key frames of one nodule among those of all", () => {
	const curve = [
		{
			frame: 2,
			nodules: [
				{ number: 1, key: ["sharpest"] },
				{ number: 2, key: ["largest"] },
			],
		},
		{ frame: 5, nodules: [{ number: 1, key: ["largest"] }] },
		{ frame: 6, nodules: [{ number: 1, key: [] }] },
	] as unknown as FrameValues[];
	expect(keyFrames(curve, 1)).toEqual([
		{ kind: "largest", frame: 5 },
		{ kind: "sharpest", frame: 2 },
	]);
});
