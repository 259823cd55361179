from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodulens.analysis.region import (
    cut_region,
    cut_regions,
    parts_to_judge,
    region_of_interest,
)
from nodulens.finding import Area, Frame
from nodulens.runtime.bundle import Region

WHOLE = Area(x=0, y=0, width=200, height=150)


def nodule(top: int, bottom: int, left: int, right: int) -> np.ndarray:
    mask = np.zeros((150, 200), np.bool_)
    mask[top:bottom, left:right] = True
    return mask


def test_a_square_with_its_margin_around_the_middle() -> None:
    region = region_of_interest(nodule(60, 80, 80, 120), WHOLE, Region(minimum=32))
    assert region == Area(x=70, y=40, width=60, height=60)


def test_at_the_edge_the_square_is_shifted_not_shrunk() -> None:
    region = region_of_interest(nodule(0, 20, 160, 200), WHOLE, Region(minimum=32))
    assert region == Area(x=140, y=0, width=60, height=60)


def test_a_small_nodule_gets_the_minimum() -> None:
    region = region_of_interest(nodule(70, 72, 100, 103), WHOLE, Region(minimum=32))
    assert (region.width, region.height) == (32, 32)


def test_what_a_narrow_scan_cannot_hold_is_cut() -> None:
    narrow = Area(x=90, y=10, width=40, height=100)
    region = region_of_interest(nodule(20, 80, 95, 125), narrow, Region(minimum=32))
    assert (region.x, region.width, region.height) == (90, 40, 90)


def test_an_empty_mask_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        region_of_interest(np.zeros((150, 200), np.bool_), WHOLE, Region())


@given(
    st.integers(10, 129), st.integers(20, 179), st.integers(1, 60), st.integers(1, 80),
    st.floats(0, 1), st.integers(1, 64),
)  # fmt: skip
def test_the_region_holds_the_nodule_and_stays_in_the_scan(
    top: int, left: int, height: int, width: int, margin: float, minimum: int
) -> None:
    scan = Area(x=20, y=10, width=160, height=120)
    bottom, right = min(top + height, 130), min(left + width, 180)
    region = region_of_interest(
        nodule(top, bottom, left, right), scan, Region(margin=margin, minimum=minimum)
    )
    assert scan.x <= region.x <= left
    assert scan.y <= region.y <= top
    assert right <= region.x + region.width <= scan.x + scan.width
    assert bottom <= region.y + region.height <= scan.y + scan.height


def test_a_region_may_follow_the_box_instead_of_a_square() -> None:
    region = region_of_interest(
        nodule(60, 80, 80, 140), WHOLE, Region(margin=0.1, minimum=8, square=False)
    )
    # The margin is a share of the longer side, above and below too.
    assert region == Area(x=74, y=54, width=72, height=32)


LEFT, RIGHT = Area(x=0, y=0, width=100, height=150), Area(x=100, y=0, width=100, height=150)


def frame() -> Frame:
    pixels = np.arange(150 * 200).reshape(150, 200) % 199 + 1
    return Frame(pixels.astype(np.uint8), source="a.png", sha256="0" * 64, scan_areas=[LEFT, RIGHT])


def test_context_can_be_blackened() -> None:
    mask = nodule(60, 80, 30, 60)
    kept = cut_region(frame().pixels, mask, LEFT, Region(minimum=8))
    masked = cut_region(frame().pixels, mask, LEFT, Region(minimum=8, context="masked"))
    assert kept.shape == masked.shape == (45, 45)
    assert (kept > 0).all()
    assert np.count_nonzero(masked) == 20 * 30
    assert np.array_equal(masked[masked > 0], kept[masked > 0])


def test_each_nodule_has_its_region_or_all_of_a_scan_area_share_one() -> None:
    mask = nodule(20, 40, 10, 30) | nodule(80, 100, 60, 80) | nodule(60, 80, 120, 160)
    parts = parts_to_judge(frame(), mask)
    assert not parts.whole
    each = cut_regions(frame(), parts.masks, Region(minimum=8))
    assert [picture.shape for picture in each] == [(30, 30), (30, 30), (60, 60)]
    both = cut_regions(frame(), parts.masks, Region(minimum=8, margin=0, of="union"))
    assert [picture.shape for picture in both] == [(80, 80), (40, 40)]


@pytest.mark.parametrize("context", ["kept", "masked"])
def test_without_an_outline_the_whole_scan_areas_are_judged_and_that_is_said(
    context: Literal["kept", "masked"],
) -> None:
    parts = parts_to_judge(frame(), np.zeros((150, 200), np.bool_))
    assert parts.whole
    regions = cut_regions(frame(), parts.masks, Region(context=context))
    assert [picture.shape for picture in regions] == [(150, 100), (150, 100)]
    assert np.array_equal(regions[1], frame().pixels[:, 100:])
