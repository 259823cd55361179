/** Synthetic scans with a nodule, made by the project's own generator. */
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PYTHON } from "./server";

const DRAW = `
import sys
from PIL import Image
from nodulens.data.phantom import phantom
path, seed, width, height = sys.argv[1], *map(int, sys.argv[2:])
made = phantom(seed, composition="solid", echogenicity="hypoechoic", margin="smooth",
    long_axis_mm=18, depth_mm=40, width=width, height=height)
Image.fromarray(made.pixels).save(path)
`;

const folder = mkdtempSync(join(tmpdir(), "nodulens-scans-"));

/** Draw a scan as PNG; return its path. */
export function scan(seed = 1, width = 640, height = 480): string {
	const path = join(folder, `scan-${seed}-${width}x${height}.png`);
	execFileSync(PYTHON, ["-c", DRAW, path, String(seed), String(width), String(height)]);
	return path;
}

const SAMPLE = `
import sys
from pathlib import Path
from nodulens.serve.samples import sample_file
path = Path(sys.argv[1])
path.write_bytes(sample_file(path.name)[0])
`;

/** Write one of the samples that the start page offers; return its path. */
export function sample(name: "two-nodules.png" | "cine.dcm"): string {
	const path = join(folder, name);
	execFileSync(PYTHON, ["-c", SAMPLE, path]);
	return path;
}
