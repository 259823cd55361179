from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from nodulens.analysis.judge import (
    FeatureJudge,
    RegionJudge,
    feature_table,
    image_odds,
    positive_odds,
    stacked,
)
from nodulens.finding import Area, Frame
from nodulens.measure.features import feature_names, measure_features
from nodulens.runtime.bundle import Region, Stack

LEFT, RIGHT = Area(x=0, y=0, width=100, height=150), Area(x=100, y=0, width=100, height=150)


def frame() -> Frame:
    pixels = np.random.default_rng(0).integers(20, 60, (150, 200), dtype=np.uint8)
    pixels[40:70, 20:60] = 120
    pixels[50:90, 130:170] = 220
    return Frame(pixels, source="a.png", sha256="0" * 64, scan_areas=[LEFT, RIGHT])


def nodules() -> list[tuple[int, NDArray[np.bool_]]]:
    first, second = np.zeros((2, 150, 200), np.bool_)
    first[40:70, 20:60] = second[50:90, 130:170] = True
    return [(0, first), (1, second)]


def by_brightness(regions: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
    means = [float(region.mean()) / 255 for region in regions]
    return [np.asarray([1 - mean, mean], np.float32) for mean in means]


def forest(features: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    positive = features[:, 0]
    return {"probability": np.stack([1 - positive, positive], axis=1)}


def test_each_nodule_is_judged_by_its_region() -> None:
    judge = RegionJudge(by_brightness, Region(margin=0, minimum=8))
    first, second = judge(frame(), nodules())
    assert first[-1] == pytest.approx(np.mean(frame().pixels[35:75, 20:60]) / 255, abs=1e-6)
    assert second[-1] > first[-1]
    assert judge(frame(), []) == []


def test_nodules_of_a_scan_area_share_the_answer_of_their_union() -> None:
    (index, mask), _ = nodules()
    other = np.zeros_like(mask)
    other[100:110, 30:50] = True
    judge = RegionJudge(by_brightness, Region(margin=0, minimum=8, of="union"))
    first, second = judge(frame(), [(index, mask), (index, other)])
    assert np.array_equal(first, second)


def test_features_are_measured_by_name_and_judged() -> None:
    names = ["echo_inside", "circularity"]
    table = feature_table(frame(), nodules(), names)
    for (index, mask), row in zip(nodules(), table, strict=True):
        expected = measure_features(frame().pixels, mask, frame().scan_areas[index])
        assert row.tolist() == pytest.approx([expected[name] for name in names], rel=1e-6)
    answers = FeatureJudge(forest, names)(frame(), nodules())
    assert [answer[-1] for answer in answers] == pytest.approx(table[:, 0].tolist())
    assert feature_table(frame(), [], names).shape == (0, 2)


def test_the_whole_scan_area_can_be_measured_where_nothing_is_outlined() -> None:
    answer = image_odds(
        FeatureJudge(forest, feature_names()[2:]), frame(), np.zeros((150, 200), np.bool_)
    )
    assert answer.whole
    assert np.isfinite(answer.odds)


def test_an_image_is_judged_by_the_mean_log_odds_of_its_nodules() -> None:
    judge = RegionJudge(by_brightness, Region(margin=0, minimum=8))
    mask = nodules()[0][1] | nodules()[1][1]
    each = positive_odds(judge(frame(), nodules()))
    answer = image_odds(judge, frame(), mask)
    assert answer == (pytest.approx(each.mean()), False)


def test_a_stack_weighs_log_odds_and_hears_nobody_louder_than_six() -> None:
    stack = Stack(
        weights={"network": 0.5, "forest": 2.0}, bias=-1.0, usual={"network": 0, "forest": 0}
    )
    odds = {"network": np.asarray([2.0, 40.0]), "forest": np.asarray([0.25, -9.0])}
    assert stacked(stack, odds).tolist() == [0.5, -10.0]
