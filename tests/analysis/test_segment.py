from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from nodulens.analysis.segment import nodule_mask, nodule_masks, nodule_parts, probability_map
from nodulens.finding import Area, Frame

LEFT, RIGHT = Area(x=2, y=3, width=20, height=30), Area(x=22, y=3, width=25, height=30)


def brightness(views: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
    return [view.astype(np.float32) / 255 for view in views]


def test_each_scan_area_is_looked_at_alone_and_the_rest_is_zero() -> None:
    pixels = np.full((40, 50), 255, np.uint8)
    seen: list[tuple[int, ...]] = []

    def segmenter(views: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        seen.extend(view.shape for view in views)
        return brightness(views)

    frame = Frame(pixels=pixels, source="a.png", sha256="0" * 64, scan_areas=[LEFT, RIGHT])
    result = probability_map(frame, segmenter)
    assert seen == [(30, 20), (30, 25)]
    assert result.dtype == np.float32
    expected = np.zeros((40, 50))
    expected[LEFT.slices] = expected[RIGHT.slices] = 1
    assert np.array_equal(result, expected)


def test_holes_are_filled_and_specks_dropped() -> None:
    probability = np.zeros((40, 50), np.float32)
    probability[10:20, 5:15] = 0.9
    probability[14, 9] = 0.1
    probability[30, 20] = 0.9
    nodules = nodule_masks(probability, [LEFT], threshold=0.5, minimum_share=0.01)
    assert [index for index, _ in nodules] == [0]
    mask = nodules[0][1]
    assert mask.sum() == 100
    assert mask[14, 9]


def test_nodules_come_left_to_right_and_never_cross_scan_areas() -> None:
    probability = np.zeros((40, 50), np.float32)
    probability[10:14, 18:28] = 0.8  # across the seam at column 22
    probability[20:25, 4:9] = 0.8
    probability[5:8, 40:44] = 0.8
    nodules = nodule_masks(probability, [LEFT, RIGHT], threshold=0.5, minimum_share=0.0)
    columns = [int(np.flatnonzero(mask.any(axis=0))[0]) for _, mask in nodules]
    assert [index for index, _ in nodules] == [0, 0, 1, 1]
    assert columns == [4, 18, 22, 40]


def test_a_bay_that_opens_towards_the_edge_is_no_hole() -> None:
    mask = np.zeros((40, 50), np.bool_)
    mask[10:20, 5:15] = True
    mask[13:17, 5:10] = False
    ((_, part),) = nodule_parts(mask, [LEFT])
    assert np.array_equal(part, mask)


@pytest.mark.parametrize(("level", "count"), [(0.5, 1), (0.49, 0)])
def test_the_threshold_itself_is_nodule(level: float, count: int) -> None:
    probability = np.zeros((40, 50), np.float32)
    probability[10:14, 10:14] = level
    assert len(nodule_masks(probability, [LEFT], 0.5, 0.0)) == count


@settings(max_examples=40, deadline=None)
@given(arrays.arrays(np.bool_, (40, 50), elements=st.booleans()))
def test_parts_are_disjoint_and_hold_all_of_the_mask_inside_the_areas(
    mask: NDArray[np.bool_],
) -> None:
    inside = np.zeros_like(mask)
    for area in (LEFT, RIGHT):
        inside[area.slices] = mask[area.slices]
    parts = [part for _, part in nodule_parts(mask, [LEFT, RIGHT])]
    total = np.sum(parts, axis=0, dtype=int) if parts else np.zeros(mask.shape, int)
    assert total.max(initial=0) <= 1
    assert np.all(total[inside] == 1)


def test_one_mask_holds_all_nodules_of_all_scan_areas() -> None:
    pixels = np.zeros((40, 50), np.uint8)
    pixels[10:20, 5:15] = pixels[10:20, 30:40] = 230
    pixels[30, 20] = 230  # a speck
    frame = Frame(pixels=pixels, source="a.png", sha256="0" * 64, scan_areas=[LEFT, RIGHT])
    mask = nodule_mask(frame, brightness, 0.5, 0.01)
    expected = pixels > 0
    expected[30, 20] = False
    assert np.array_equal(mask, expected)
