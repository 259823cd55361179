"""Kill the node beside a PACS again and again, and count the results.

    python bench/node.py
    python bench/node.py --studies 30 --kills 0

Orthanc sends studies to the node and gets the results back, while the node is ended by SIGKILL
after random moments. Each study must have exactly one segmentation and one report. Without kills
it measures how many frames a second go from Orthanc to Orthanc. Exit status 1 where a study has
less or more than one result of a kind, or where the shipped models without kills are slower than
the limit.

Needs the ``[dev]`` extra and Orthanc with its DICOMweb plugin.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests import bundles  # noqa: E402
from tests.dicom.kills import run_studies  # noqa: E402
from tests.dicom.ultrasound import ultrasound  # noqa: E402
from tests.pictures import scan  # noqa: E402

FRAMES_A_SECOND = 3.0
"""Least rate with the shipped models on two cores."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--studies", type=int, default=100)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--models", choices=("tiny", "shipped"), default="shipped")
    parser.add_argument("--workers", type=int, default=2, help="processes that analyze")
    parser.add_argument("--seed", type=int, default=0, help="of the kills")
    options = parser.parse_args()
    pictures = [
        scan((150 + seed % 50, 120, 90, 60), shape=(360, 560), seed=seed)
        for seed in range(options.studies)
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        arguments = ["--workers", str(options.workers)]
        if options.models == "tiny":
            bundles.segmenter_bundle(folder / "store" / "bright-blobs")
            bundles.classifier_bundle(folder / "store" / "mean-brightness")
            arguments += ["--segmenter", "bright-blobs", "--classifier", "mean-brightness"]
            arguments += ["--store", str(folder / "store")]
        studies = [ultrasound(picture) for picture in pictures]
        try:
            outcome = run_studies(
                folder / "run", studies, arguments, options.kills, seed=options.seed, patience=3600
            )
        except pytest.skip.Exception as missing:
            print(f"not measured: {missing}")
            return 0
    rate = outcome.studies / outcome.seconds
    print(f"| {'figure':42} | {'measured':>10} |")
    print(f"|{'-' * 44}|{'-' * 11}:|")
    for label, value in (
        ("studies", outcome.studies),
        ("kills of the node (SIGKILL)", outcome.kills),
        ("requests that Orthanc had to repeat", outcome.refusals),
        ("studies with one segmentation, one report", outcome.exactly_once),
        ("seconds in all", f"{outcome.seconds:.1f}"),
        ("frames a second, restarts included", f"{rate:.2f}"),
    ):
        print(f"| {label:42} | {value:>10} |")
    for (segmentations, reports), count in sorted(outcome.results.items()):
        print(f"\nstudies with {segmentations} segmentations and {reports} reports: {count}")
    slow = options.models == "shipped" and not options.kills and rate < FRAMES_A_SECOND
    return int(outcome.exactly_once != outcome.studies or slow)


if __name__ == "__main__":
    sys.exit(main())
