from __future__ import annotations

import numpy as np

from nodulens.evaluation.baselines import BASELINES, centred_ellipse, whole_scan_area
from nodulens.finding import Area, Frame

PIXELS = np.zeros((60, 100), dtype=np.uint8)
SPLIT = Frame(
    PIXELS,
    "a.png",
    "0" * 64,
    scan_areas=[Area(x=0, y=10, width=40, height=50), Area(x=60, y=10, width=40, height=50)],
)


def test_whole_scan_area_is_both_halves_of_a_split_screen() -> None:
    mask = whole_scan_area(SPLIT)
    assert mask.sum() == 2 * 40 * 50
    assert not mask[:10].any()
    assert not mask[:, 40:60].any()


def test_centred_ellipse_is_half_of_each_area_wide_and_high() -> None:
    mask = centred_ellipse(SPLIT)
    left = np.argwhere(mask[:, :40])
    np.testing.assert_array_equal(left.min(axis=0), [10 + 13, 10])
    np.testing.assert_array_equal(left.max(axis=0), [10 + 36, 29])
    assert abs(mask.sum() - 2 * np.pi * 12.5 * 10) < 20
    np.testing.assert_array_equal(mask[:, :40], mask[:, 60:])


def test_without_scan_areas_the_whole_picture_counts() -> None:
    for draw in BASELINES.values():
        bare = draw(Frame(PIXELS, "a.png", "0" * 64))
        whole = draw(
            Frame(PIXELS, "a.png", "0" * 64, scan_areas=[Area(x=0, y=0, width=100, height=60)])
        )
        np.testing.assert_array_equal(bare, whole)
        assert bare.any()
