"""Measure ``nodulens analyze``: start-up, time an image by stage, and memory.

    python bench/analyze.py
    python bench/analyze.py --count 200 --segmenter FOLDER --classifier none

On one core, with drawn frames of 560×360 pixels (or the pictures of a folder), against the
project's own limits; the last column is the measured figure as a share of its limit, so below 1 is
good. Exit status 1 where a limit is exceeded.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

LIMITS = {"help": 0.5, "start-up": 2.0, "an image": 0.25, "memory": 600.0}
"""Seconds, and MB for the memory."""

STAGES = {
    "read, scan area, scale": ["nodulens.frames.read"],
    "segment": ["nodulens.analysis.analyzer.probability_map"],
    "mask to nodules": ["nodulens.analysis.analyzer.nodule_masks"],
    "classify": ["nodulens.analysis.analyzer.Analyzer._judge"],
    "measure": [
        f"nodulens.analysis.analyzer.{name}"
        for name in ("measure_size", "measure_shape", "outline", "is_taller_than_wide")
    ],
    "draw and write": ["nodulens.report.batch.write_pictures"],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=1000, help="images of the memory run")
    parser.add_argument("--images", type=Path, help="folder of pictures, instead of drawn ones")
    parser.add_argument("--segmenter", default="ddti-unet-lite0")
    parser.add_argument("--classifier", default="ddti-resnet18")
    parser.add_argument("--store")
    options = parser.parse_args()
    models = ["--segmenter", options.segmenter, "--classifier", options.classifier]
    models += ["--store", options.store] if options.store else []
    use_one_core()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copies = folder / "frames"
        if options.images is None:
            frames = draw_frames(copies, options.count)
        else:
            frames = load_frames(options.images, copies, options.count)
        figures = {
            "help": best_time([*NODULENS, "--help"]),
            "start-up": start_up(options),
        }
        figures["an image"], stages = time_stages(options, frames[:60], folder / "stages")
        few, many = min(100, options.count), options.count
        memory = {n: peak_memory(frames[:n], folder / f"out{n}", models) for n in {few, many}}
        figures["memory"] = memory[many]

    print(f"\n| {'figure':34} | {'measured':>10} | {'limit':>8} | {'ratio':>5} |")
    print(f"|{'-' * 36}|{'-' * 11}:|{'-' * 9}:|{'-' * 6}:|")
    rows = {
        "help": "nodulens --help",
        "start-up": "start-up, models loaded",
        "an image": "an image, from file to files",
        "memory": f"peak memory, {many} images",
    }
    for key, label in rows.items():
        unit, digits = ("MB", 0) if key == "memory" else ("s", 3)
        measured = f"{figures[key]:.{digits}f} {unit}"
        limit = f"{LIMITS[key]:g} {unit}"
        print(f"| {label:34} | {measured:>10} | {limit:>8} | {figures[key] / LIMITS[key]:5.2f} |")
    print(f"\npeak memory at {many} images over that at {few}: {memory[many] / memory[few]:.2f}")
    print(f"\n| {'stage of an image':34} | {'ms':>10} | {'share':>8} |")
    print(f"|{'-' * 36}|{'-' * 11}:|{'-' * 9}:|")
    for stage, seconds in stages.items():
        print(f"| {stage:34} | {1000 * seconds:10.1f} | {seconds / figures['an image']:8.0%} |")
    return int(any(figures[key] > limit for key, limit in LIMITS.items()))


NODULENS = [sys.executable, "-c", "from nodulens.cli import main; main()"]


def use_one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def draw_frames(folder: Path, count: int) -> list[Path]:
    """Draw frames with speckle, a dark nodule and a depth ruler; a few pictures repeat."""
    generator = np.random.default_rng(0)
    y, x = np.mgrid[:360, :560]
    pictures = []
    for _ in range(20):
        # Speckle is as wide as the beam: some pixels across, fewer along.
        speckle = np.hypot(
            *(ndimage.gaussian_filter(generator.normal(size=(2, 360, 560)), (0, 1, 2)))
        )
        tissue = 330 * np.exp(-y / 500) * speckle
        centre_x, centre_y = generator.uniform(180, 380), generator.uniform(120, 240)
        semi_x, semi_y = generator.uniform(30, 80), generator.uniform(20, 60)
        nodule = ((x - centre_x) / semi_x) ** 2 + ((y - centre_y) / semi_y) ** 2 <= 1
        tissue[nodule] *= 0.45
        pixels = np.zeros((360, 560))
        pixels[10:310, 40:520] = tissue[10:310, 40:520]
        for depth in range(6):
            pixels[10 + 58 * depth : 12 + 58 * depth, [34, 35, 36, 523, 524, 525]] = 255
        pictures.append(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))
    return save_copies(pictures, folder, count)


def load_frames(source: Path, folder: Path, count: int) -> list[Path]:
    """Copy a folder's pictures, again and again until they are enough."""
    pictures = []
    for path in sorted(source.iterdir())[:200]:
        if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".bmp"):
            with Image.open(path) as picture:
                pictures.append(picture.convert("L"))
    return save_copies(pictures, folder, count)


def save_copies(pictures: list[Image.Image], folder: Path, count: int) -> list[Path]:
    folder.mkdir()
    paths = [folder / f"{number:05d}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        pictures[number % len(pictures)].save(path, quality=92)
    return paths


def best_time(command: list[str], repeats: int = 5) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return min(times)


def start_up(options: argparse.Namespace) -> float:
    """Time from starting Python to models ready."""
    classifier = None if options.classifier == "none" else options.classifier
    store = f"Path({options.store!r})" if options.store else "None"
    code = (
        "from pathlib import Path\nimport nodulens.report.batch\nfrom nodulens import Analyzer\n"
        f"Analyzer({options.segmenter!r}, {classifier!r}, store={store})"
    )
    return best_time([sys.executable, "-c", code])


def time_stages(
    options: argparse.Namespace, frames: list[Path], out: Path
) -> tuple[float, dict[str, float]]:
    """Return the median seconds an image, and the mean seconds of each stage."""
    from nodulens.report.batch import Settings, analyze_source
    from nodulens.report.sources import collect_sources

    spent: dict[str, float] = defaultdict(float)
    for stage, functions in STAGES.items():
        for path in functions:
            wrap(path, stage, spent)
    classifier = None if options.classifier == "none" else options.classifier
    store = Path(options.store) if options.store else None
    analyzer = Settings(options.segmenter, classifier, store=store).analyzer()
    sources = collect_sources(frames, out).files
    for source in sources[:3]:
        analyze_source(source, out, analyzer)
    spent.clear()
    times = []
    for source in sources:
        start = time.perf_counter()
        analyze_source(source, out, analyzer)
        times.append(time.perf_counter() - start)
    stages = {stage: spent[stage] / len(sources) for stage in STAGES}
    stages["everything else"] = statistics.mean(times) - sum(stages.values())
    return statistics.median(times), stages


def wrap(path: str, stage: str, spent: dict[str, float]) -> None:
    """Count the time that calls of a function take."""
    *parents, name = path.split(".")
    owner: Any = importlib.import_module(".".join(parents[:3] if len(parents) > 2 else parents))
    for parent in parents[3:]:
        owner = getattr(owner, parent)
    function: Callable[..., Any] = getattr(owner, name)

    def timed(*arguments: Any, **named: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            spent[stage] += time.perf_counter() - start

    setattr(owner, name, timed)


def peak_memory(frames: list[Path], out: Path, models: list[str]) -> float:
    """Return the largest resident memory of ``nodulens analyze``, in MB."""
    listed = out.with_suffix(".frames")
    listed.mkdir()
    for frame in frames:
        os.link(frame, listed / frame.name)
    code = (
        "import resource, sys\nfrom nodulens.cli import app\n"
        "try:\n    app()\n"
        "finally:\n"
        "    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "    print(peak / (1e6 if sys.platform == 'darwin' else 1e3))"
    )
    command = [sys.executable, "-c", code, "analyze", str(listed), "--out", str(out), *models]
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(result.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
