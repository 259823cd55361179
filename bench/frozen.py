"""Measure what the feature cache saves: pictures a second through the frozen towers.

    python bench/frozen.py
    python bench/frozen.py --backbone lite --size 224 288 --count 200

Each backbone looks at the same random pictures three times: without a cache, with an empty one, and
with the one it filled. The ratio is that of the third to the first; the project wants at least 10.
Exit status 1 where it is less.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path

import torch

from nodulens.models.backbones.loading import load_backbone
from nodulens.models.feature_cache import FeatureCache
from nodulens.models.frozen import FrozenFeatures, View

LEAST = 10
RUNS = [("lite", (224, 288), 64), ("open_clip:ViT-B-16-quickgelu/random", (352, 352), 8)]
"""Backbone, height and width, and how many pictures."""

BATCH = 8


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--backbone", help="one backbone only, by name")
    parser.add_argument(
        "--size", type=int, nargs=2, default=(224, 288), metavar=("HEIGHT", "WIDTH")
    )
    parser.add_argument("--count", type=int, default=64, help="how many pictures")
    options = parser.parse_args()
    runs = RUNS
    if options.backbone:
        runs = [(options.backbone, tuple(options.size), options.count)]
    print(
        f"| {'backbone':36} | {'size':>9} | {'without':>8} | {'filling':>8} | {'with':>8} | ratio |"
    )
    print(f"|{'-' * 38}|{'-' * 10}:|{'-' * 9}:|{'-' * 9}:|{'-' * 9}:|{'-' * 6}:|")
    ratios = []
    for name, size, count in runs:
        without, filling, filled = speeds(name, size, count)
        ratios.append(filled / without)
        print(
            f"| {name:36} | {f'{size[0]}×{size[1]}':>9} | {without:6.2f}/s | {filling:6.2f}/s "
            f"| {filled:6.0f}/s | {ratios[-1]:5.0f} |",
            flush=True,
        )
    return int(min(ratios) < LEAST)


def speeds(name: str, size: tuple[int, int], count: int) -> tuple[float, float, float]:
    """Return pictures a second without a cache, while it is filled, and with it."""
    backbone = load_backbone(name)
    depths = backbone.default_depths
    FrozenFeatures(backbone, depths).images([View("warm", "")], size, partial(pixels, [0], size))
    with tempfile.TemporaryDirectory() as folder:
        plain = FrozenFeatures(backbone, depths)
        cached = FrozenFeatures(backbone, depths, FeatureCache(Path(folder), 10**10))
        return (
            speed(plain, size, count),
            speed(cached, size, count),
            speed(cached, size, count),
        )


def speed(frozen: FrozenFeatures, size: tuple[int, int], count: int) -> float:
    start = time.perf_counter()
    for first in range(0, count, BATCH):
        batch = list(range(first, min(first + BATCH, count)))
        views = [View(str(number), "bench") for number in batch]
        frozen.images(views, size, partial(pixels, batch, size))
    return count / (time.perf_counter() - start)


def pixels(batch: list[int], size: tuple[int, int], places: list[int]) -> torch.Tensor:
    numbers = [batch[place] for place in places]
    return torch.stack(
        [torch.randn(3, *size, generator=torch.Generator().manual_seed(n)) for n in numbers]
    )


if __name__ == "__main__":
    raise SystemExit(main())
