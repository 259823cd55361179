from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import get_args

import numpy as np
import pytest
from scipy import ndimage

from nodulens.data.phantom import Phantom
from nodulens.data.phantom_two import ToldBy, best_dice_without_text, two_nodules
from nodulens.errors import BadData
from nodulens.frames.scan_area import find_scan_areas

STEPS = ("anechoic", "very hypoechoic", "hypoechoic", "isoechoic", "hyperechoic")
SEEDS = range(15)


@cache
def make(seed: int, told_by: ToldBy | None = None) -> tuple[Phantom, Phantom]:
    return two_nodules(seed, told_by=told_by, width=320, height=240)


def disjoint(a: int, b: int) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.zeros((2, 40), bool)
    first[:a], second[a : a + b] = True, True
    return first, second


@pytest.mark.parametrize("seed", SEEDS)
def test_two_nodules_apart_in_one_scan(seed: int) -> None:
    left, right = make(seed)
    assert left.pixels is right.pixels
    (area,) = find_scan_areas(left.pixels)
    inside = np.zeros(left.mask.shape, bool)
    inside[area.slices] = True
    for made, place in ((left, "left"), (right, "right")):
        assert ndimage.label(made.mask)[1] == 1
        assert made.mask.sum() * made.mm_per_px**2 > 10
        assert not (made.mask & ~inside).any()
        x = np.nonzero(made.mask)[1].mean()
        share = (x + 0.5 - area.x) / area.width
        assert made.labels["place"] == place
        assert share < 0.4 if place == "left" else share >= 0.6
    apart = ndimage.distance_transform_edt(~left.mask)[right.mask].min() * left.mm_per_px
    assert apart > 2


@pytest.mark.parametrize("seed", SEEDS)
def test_place_is_told(seed: int) -> None:
    for made, place, other in zip(
        make(seed, "place"), ("left", "right"), ("right", "left"), strict=True
    ):
        assert made.labels["told_by"] == "place"
        assert place in made.text
        assert other not in made.text


@pytest.mark.parametrize("seed", SEEDS)
def test_size_is_told(seed: int) -> None:
    nodules = sorted(make(seed, "size"), key=lambda made: made.mask.sum())
    assert nodules[1].mask.sum() > 1.6 * nodules[0].mask.sum()
    for made, size, other in zip(
        nodules, ("smaller", "larger"), ("larger", "smaller"), strict=True
    ):
        assert made.labels["relative_size"] == size
        assert size in made.text
        assert other not in made.text


@pytest.mark.parametrize("seed", SEEDS)
def test_echogenicity_is_told(seed: int) -> None:
    nodules = make(seed, "echogenicity")
    step = [STEPS.index(made.labels["echogenicity"]) for made in nodules]
    assert abs(step[0] - step[1]) >= 2
    for made, other in (nodules, reversed(nodules)):
        told = {made.labels["echogenicity"], made.labels["composition"]}
        said = {word for word in told if word in made.text}
        assert said - {other.labels["echogenicity"], other.labels["composition"]}
        assert not (set(other.labels.values()) - told) & set(made.text.rstrip(".").split())
    # And it is so: the picture shows the order that the words claim.
    grey = [
        float(made.pixels[ndimage.binary_erosion(made.mask, iterations=3)].mean())
        for made in nodules
    ]
    assert (grey[0] < grey[1]) == (step[0] < step[1])


def test_sizes_are_named_only_where_they_differ() -> None:
    told = set()
    for seed in range(30):
        nodules = make(seed, "place")
        small, large = sorted(made.mask.sum() for made in nodules)
        assert all(("relative_size" in made.labels) == (large >= 1.6 * small) for made in nodules)
        for made in nodules:
            if "aller" in made.text or "arger" in made.text:
                told.add(made.text)
                assert made.labels["relative_size"] in made.text.lower()
    assert told


def test_seed_decides_everything() -> None:
    first, again = (two_nodules(7, width=320, height=240) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert (one.pixels == other.pixels).all()
        assert (one.mask == other.mask).all()
        assert (one.labels, one.text) == (other.labels, other.text)
    assert (first[0].pixels != make(8)[0].pixels).any()


def test_words_do_not_repeat_themselves() -> None:
    for told_by in get_args(ToldBy):
        assert len({made.text for seed in SEEDS for made in make(seed, told_by)}) > 5
    assert {make(seed)[0].labels["told_by"] for seed in SEEDS} == set(get_args(ToldBy))
    assert {made.labels["side"] for seed in SEEDS for made in make(seed)} == {"left", "right"}


def test_meant_nodule_is_on_either_side() -> None:
    smaller = {
        made.labels["place"]
        for seed in SEEDS
        for made in make(seed, "size")
        if made.labels["relative_size"] == "smaller"
    }
    assert smaller == {"left", "right"}


@pytest.mark.parametrize(("a", "b"), [(8, 8), (5, 12), (2, 25), (1, 39)])
def test_no_answer_without_words_does_better(a: int, b: int) -> None:
    bound = best_dice_without_text(*disjoint(a, b))
    p, q = np.mgrid[: a + 1, : b + 1]
    for stray in (0, 1):
        taken = p + q + stray
        dice = p / (a + taken) + q / (b + taken)
        iou = (p / np.maximum(a + taken - p, 1) + q / np.maximum(b + taken - q, 1)) / 2
        assert dice.max() <= bound + 1e-12
        assert iou.max() <= 0.5 + 1e-12
        if not stray:
            assert dice[a, b] == pytest.approx(bound)
            assert iou[a, b] == pytest.approx(0.5)


def test_bound_falls_as_the_nodules_differ() -> None:
    bounds = [best_dice_without_text(*disjoint(4, 4 * times)) for times in (1, 2, 4, 8)]
    assert bounds[0] == pytest.approx(2 / 3)
    assert all(more > less > 0.5 for more, less in pairwise(bounds))


@pytest.mark.parametrize(
    ("choices", "match"),
    [
        ({"told_by": "colour"}, "place, size, echogenicity"),
        ({"side": "middle"}, "side"),
        ({"width": 480, "height": 480}, "1.2 times"),
        ({"width": 300, "height": 200}, "320×240"),
    ],
)
def test_choices_that_cannot_be(choices: dict[str, object], match: str) -> None:
    with pytest.raises(BadData, match=match):
        two_nodules(0, **choices)  # type: ignore[arg-type]
