"""Analyze sample frames and say where the report is.

    python runs/demo.py demo-out

The frames are phantoms from the project's own generator and the real ultrasound DICOM files that
come inside pydicom (a heart, not a thyroid: they show reading, not accuracy).
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from pydicom.data import get_testdata_file

from nodulens.data.phantom_set import write_phantoms
from nodulens.report.batch import analyze_files

DICOM_SAMPLES = ("examples_palette.dcm", "examples_rgb_color.dcm")


def main(out: Path) -> int:
    """Make the samples, analyze them, print the report's path; return the exit status."""
    shutil.rmtree(out, ignore_errors=True)
    samples = out / "samples"
    write_phantoms(6, samples / "phantoms", seed=7)
    dicoms = [
        Path(shutil.copy(str(path), samples / name))
        for name in DICOM_SAMPLES
        if (path := get_testdata_file(name, download=False)) is not None
    ]
    counts = analyze_files([samples / "phantoms" / "images", *dicoms], out / "results")
    print(f"\nThe report: {(out / 'results' / 'index.html').resolve()}")
    return 3 if counts.errors else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo-out")))
