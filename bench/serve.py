"""Upload many pictures by several clients at once, and count what was lost or mixed up.

    python bench/serve.py
    python bench/serve.py --uploads 40 --models tiny

It starts the server as a user does, uploads drawn scans of 640×480, and checks that each study has
its own picture and a finding at its own place. Then it measures what one person waits for: from
an upload to its finding, and from clicks to an outline. Exit status 1 where anything was lost or
mixed up, the server's own process takes more memory than the limit, or a wait is longer than its
aim.

Needs the ``[dev]`` extra.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests import bundles  # noqa: E402
from tests.serve.load import latencies, load  # noqa: E402
from tests.serve.place import process  # noqa: E402

RESIDENT = 400 * 2**20
"""Most bytes of the process that answers; models are in others."""
AIMS = {"upload to finding": 1.5, "clicks to outline": 0.3}
"""Seconds, with models loaded."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--uploads", type=int, default=200)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--models", choices=("tiny", "shipped"), default="shipped")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        store = Path(name) / "store"
        arguments = ["--segmenter", "ddti-unet-lite0", "--classifier", "ddti-malignancy"]
        if options.models == "tiny":
            bundles.segmenter_bundle(store / "bright-blobs")
            bundles.classifier_bundle(store / "mean-brightness")
            arguments = ["--segmenter", "bright-blobs", "--classifier", "mean-brightness"]
        with process(Path(name) / "data", store, *arguments) as (address, running):
            outcome = load(address, running.pid, options.uploads, options.clients)
            waits = dict(zip(AIMS, latencies(address, 7), strict=True))
    resident = (outcome.resident or 0) / 2**20
    print(f"| {'figure':34} | {'measured':>9} | {'aim':>7} |\n|{'-' * 36}|{'-' * 10}:|{'-' * 8}:|")
    for label, value, aim in (
        (f"uploads by {options.clients} clients at once", str(options.uploads), ""),
        ("lost", str(outcome.lost), "0"),
        ("mixed up", str(outcome.mixed), "0"),
        ("analyzed a second", f"{options.uploads / outcome.seconds:.1f}", ""),
        ("memory of the server's process, MiB", f"{resident:.0f}", f"{RESIDENT >> 20}"),
        *((f"{name}, s", f"{wait:.2f}", f"{AIMS[name]:.1f}") for name, wait in waits.items()),
    ):
        print(f"| {label:34} | {value:>9} | {aim:>7} |")
    slow = any(wait > AIMS[name] for name, wait in waits.items())
    return int(outcome.lost or outcome.mixed or resident > RESIDENT >> 20 or slow)


if __name__ == "__main__":
    sys.exit(main())
