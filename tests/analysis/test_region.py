from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodulens.analysis.region import region_of_interest
from nodulens.finding import Area

WHOLE = Area(x=0, y=0, width=200, height=150)


def nodule(top: int, bottom: int, left: int, right: int) -> np.ndarray:
    mask = np.zeros((150, 200), np.bool_)
    mask[top:bottom, left:right] = True
    return mask


def test_a_square_with_its_margin_around_the_middle() -> None:
    region = region_of_interest(nodule(60, 80, 80, 120), WHOLE, margin=0.25)
    assert region == Area(x=70, y=40, width=60, height=60)


def test_at_the_edge_the_square_is_shifted_not_shrunk() -> None:
    region = region_of_interest(nodule(0, 20, 160, 200), WHOLE, margin=0.25)
    assert region == Area(x=140, y=0, width=60, height=60)


def test_a_small_nodule_gets_the_minimum() -> None:
    region = region_of_interest(nodule(70, 72, 100, 103), WHOLE, minimum=32)
    assert (region.width, region.height) == (32, 32)


def test_what_a_narrow_scan_cannot_hold_is_cut() -> None:
    narrow = Area(x=90, y=10, width=40, height=100)
    region = region_of_interest(nodule(20, 80, 95, 125), narrow, margin=0.25)
    assert (region.x, region.width, region.height) == (90, 40, 90)


def test_an_empty_mask_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        region_of_interest(np.zeros((150, 200), np.bool_), WHOLE)


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
        nodule(top, bottom, left, right), scan, margin=margin, minimum=minimum
    )
    assert scan.x <= region.x <= left
    assert scan.y <= region.y <= top
    assert right <= region.x + region.width <= scan.x + scan.width
    assert bottom <= region.y + region.height <= scan.y + scan.height
