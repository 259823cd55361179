"""Count how many words written over real scans de-identification covers.

    python bench/lettering.py path/to/pictures
    python bench/lettering.py path/to/pictures --most 200 --seed 1

One line of made-up identifiers is rendered into each scan, at a random place, size and grey, half
of the pictures through JPEG afterwards. What counts is the share of its strokes that would be
black. The last line is what is covered on the same scans without the words: tissue that is lost
for nothing, and words that were there before.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nodulens.frames import FrameFile
from nodulens.frames.lettering import find_letters

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.dicom.screens import write  # noqa: E402

WORDS = ["DOE JOHN", "Garcia, Maria", "ID 4711-2026", "12.03.1964", "St. Mary Hospital", "1964"]
GREYS = (255, 235, 210, 190)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=200, help="pictures")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    generator = np.random.default_rng(options.seed)
    paths = sorted(path for path in options.folder.rglob("*") if path.suffix in (".jpg", ".png"))
    chosen = generator.permutation(len(paths))[: options.most]
    shares: dict[int, list[float]] = {grey: [] for grey in GREYS}
    lost = []
    for number in sorted(chosen.tolist()):
        with FrameFile(paths[number]) as file:
            frame = file[0]
        scan = np.ascontiguousarray(
            frame.pixels[max(frame.scan_areas, key=lambda area: area.width).slices]
        )
        grey = int(generator.choice(GREYS))
        place = tuple(int(generator.uniform(0.05, 0.55) * side) for side in scan.shape[::-1])
        written, strokes = write(
            scan, (place[0], place[1]), str(generator.choice(WORDS)),
            size=int(generator.integers(10, 27)), value=grey,
        )  # fmt: skip
        if generator.random() < 0.5:
            stream = io.BytesIO()
            Image.fromarray(written).save(stream, "JPEG", quality=85)
            written = np.asarray(Image.open(stream))
        shares[grey].append(float(_covered(written)[strokes].mean()))
        lost.append(float(_covered(scan).mean()))
    print("| grey of the words | scans | nine tenths covered | more than half |")
    print("|---|---|---|---|")
    rows = {str(grey): shares[grey] for grey in GREYS}
    rows["all"] = [share for values in shares.values() for share in values]
    for name, values in rows.items():
        found = np.asarray(values)
        print(f"| {name} | {len(found)} | {(found >= 0.9).sum()} | {(found > 0.5).sum()} |")
    print(f"\ncovered without the words: {np.mean(lost):.1%} of the scan")
    return 0


def _covered(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    mask = np.zeros(pixels.shape, np.bool_)
    for area in find_letters(pixels):
        mask[area.slices] = True
    return mask


if __name__ == "__main__":
    raise SystemExit(main())
