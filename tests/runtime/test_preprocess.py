from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nodulens.runtime.preprocess import Letterbox

SIDES = st.integers(1, 300)


@given(view=st.tuples(SIDES, SIDES), size=st.tuples(SIDES, SIDES))
def test_a_view_fits_fills_one_side_and_lies_in_the_middle(
    view: tuple[int, int], size: tuple[int, int]
) -> None:
    box = Letterbox(view, size)
    height, width = box.fitted
    assert 1 <= height <= size[0]
    assert 1 <= width <= size[1]
    assert height == size[0] or width == size[1]
    placed = box.into(np.full(view, 200, np.uint8))
    assert placed.shape == size
    rows, columns = np.flatnonzero(placed.any(axis=1)), np.flatnonzero(placed.any(axis=0))
    assert (rows.size, columns.size) == (height, width)
    assert abs(rows[0] - (size[0] - 1 - rows[-1])) <= 1
    assert abs(columns[0] - (size[1] - 1 - columns[-1])) <= 1
    assert box.out_of(np.zeros(size, np.float32)).shape == view


def test_proportions_are_kept() -> None:
    assert Letterbox((300, 400), (224, 288)).fitted == (216, 288)
    assert Letterbox((400, 300), (224, 288)).fitted == (224, 168)


def test_there_and_back_is_where_it_was() -> None:
    mask = np.zeros((300, 420), np.uint8)
    mask[60:150, 200:330] = 255
    box = Letterbox((300, 420), (224, 288))
    back = box.out_of(box.into(mask).astype(np.float32) / 255) >= 0.5
    both = np.count_nonzero(back & (mask > 0))
    assert 2 * both / (np.count_nonzero(back) + np.count_nonzero(mask)) > 0.97


def test_shrinking_averages_instead_of_sampling() -> None:
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 200
    shrunk = Letterbox((64, 64), (16, 16)).into(stripes)[2:-2, 2:-2]
    assert abs(float(shrunk.mean()) - 100) < 5
    assert float(shrunk.std()) < 10
