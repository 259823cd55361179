"""What a run costs in use: time of an image and memory, on one thread, in a process of its own.

    python -m nodulens.training.cost RUN DATA

prints them as JSON. In a process that has done other things the most memory ever held says nothing.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nodulens.errors import BadData
from nodulens.evaluation.benchmark.collect import Cost

FRAMES = 10
"""Frames that are timed, spread over the data set."""


def measure(run: Path, data: Path) -> Cost:
    """Start a process that measures a finished run on frames of a data set.

    Returns:
        All but what the training took; on one thread, whatever the machine has.

    Raises:
        BadData: the run or the data set cannot be used.
    """
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS")}
    result = subprocess.run(
        [sys.executable, "-m", "nodulens.training.cost", str(run), str(data)],
        capture_output=True,
        text=True,
        env=os.environ | threads,
    )
    if result.returncode:
        *_, last = result.stderr.strip().splitlines() or ["no reason given"]
        raise BadData(f"{run}: what it costs could not be measured: {last}")
    return Cost(**json.loads(result.stdout.splitlines()[-1]))


def measure_here(run: Path, data: Path) -> dict[str, Any]:
    """Measure in this process; the fields of :class:`Cost` that are found out."""
    import torch

    from nodulens.analysis.region import parts_to_judge
    from nodulens.analysis.segment import nodule_mask
    from nodulens.data.manifest import read_manifest
    from nodulens.data.pairs import read_pair
    from nodulens.models.checkpoint import load_network
    from nodulens.models.parameters import count_parameters
    from nodulens.training.run import Run, load_any_run

    torch.set_num_threads(1)
    loaded = load_any_run(run)
    rows = [row for row in read_manifest(data) if row.mask is not None]
    if not rows:
        raise BadData(f"{data}: no image with an outline to measure on")
    pairs = [read_pair(data, row) for row in rows[:: -(-len(rows) // FRAMES)]]
    analyze: Callable[[Any, Any], object]
    counts: dict[str, int] = {}
    if isinstance(loaded, Run):
        counts = count_parameters(load_network(run))
    if isinstance(loaded, Run) and loaded.recipe.task == "segmentation":
        segment, least = loaded.segmenter(), loaded.recipe.objective.minimum_share

        def analyze(frame: Any, mask: Any) -> object:
            return nodule_mask(frame, segment, loaded.threshold, least)
    else:
        judge = loaded.judge()

        def analyze(frame: Any, mask: Any) -> object:
            return judge(frame, parts_to_judge(frame, mask).masks)

    analyze(*pairs[0])
    times = []
    for frame, mask in pairs:
        # Processor time: of one thread, and not lengthened by whatever else the machine does.
        start = time.process_time()
        analyze(frame, mask)
        times.append(time.process_time() - start)
    memory = _peak_memory()
    return {
        # A forest has none.
        "trainable": counts.get("trainable"),
        "frozen": counts.get("frozen"),
        "latency_seconds": statistics.median(times),
        "memory_mb": memory,
        "threads": 1,
        "processors": os.cpu_count(),
    }


def _peak_memory() -> float:
    """Return the largest resident memory of this process, in MB (10⁶ bytes)."""
    status = Path("/proc/self/status")
    if status.is_file():
        # Of this process alone: Linux's getrusage starts from the peak of the one that started it.
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        return int(lines["VmHWM"].split()[0]) * 1024 / 1e6
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


if __name__ == "__main__":
    print(json.dumps(measure_here(Path(sys.argv[1]), Path(sys.argv[2]))))
