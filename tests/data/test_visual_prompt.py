from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nodulens.data.visual_prompt import visual_prompt
from nodulens.errors import BadData


def box(
    height: int, width: int, rows: tuple[int, int], columns: tuple[int, int]
) -> NDArray[np.bool_]:
    mask = np.zeros((height, width), bool)
    mask[slice(*rows), slice(*columns)] = True
    return mask


def test_the_nodule_keeps_its_grey_and_the_rest_a_tenth() -> None:
    pixels = np.full((200, 300), 150, np.uint8)
    prompt = visual_prompt(pixels, box(200, 300, (60, 120), (100, 200)), 96)
    assert prompt.shape == (96, 96)
    assert prompt.dtype == np.uint8
    assert set(np.unique(prompt)) == {15, 150}
    # 120 columns and rows are shown: the nodule is 100 of them wide and 60 high, in the middle.
    inside = prompt == 150
    assert inside.any(0).sum() == 80
    assert inside.any(1).sum() == 48
    assert np.array_equal(inside, inside[::-1, ::-1])


def test_what_surrounds_is_blurred_and_what_is_inside_is_not() -> None:
    pixels = np.indices((320, 320)).sum(0).astype(np.uint8) % 2 * 200
    mask = box(320, 320, (80, 240), (80, 240))
    prompt = visual_prompt(pixels, mask, 192)  # 160 · 1.2 pixels are shown: one for one
    assert set(np.unique(prompt[20:170, 20:170])) == {0, 200}
    assert set(np.unique(prompt[6:12, 6:12])) <= {9, 10, 11}


def test_at_the_border_the_crop_moves_inwards() -> None:
    pixels = np.full((100, 100), 200, np.uint8)
    prompt = visual_prompt(pixels, box(100, 100, (0, 20), (0, 20)), 24)
    assert (prompt[:20, :20] == 200).all()
    assert (prompt[21:, 21:] == 20).all()


def test_a_square_beyond_the_picture_is_filled_with_black() -> None:
    pixels = np.full((20, 100), 200, np.uint8)
    prompt = visual_prompt(pixels, box(20, 100, (5, 15), (10, 90)), 96)
    assert (prompt[:30] == 0).all()
    assert (prompt[-30:] == 0).all()
    assert prompt.max() == 200


def test_an_empty_mask_and_one_of_another_shape_are_refused() -> None:
    pixels = np.zeros((8, 8), np.uint8)
    with pytest.raises(BadData, match="empty"):
        visual_prompt(pixels, np.zeros((8, 8), bool), 16)
    with pytest.raises(BadData, match="does not fit"):
        visual_prompt(pixels, np.ones((8, 9), bool), 16)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_any_box_is_shown(data: st.DataObject) -> None:
    height, width = data.draw(st.integers(1, 60)), data.draw(st.integers(1, 60))
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    bottom = data.draw(st.integers(top + 1, height))
    right = data.draw(st.integers(left + 1, width))
    mask = box(height, width, (top, bottom), (left, right))
    prompt = visual_prompt(np.full((height, width), 250, np.uint8), mask, 64)
    share = (prompt == 250).mean()
    long, short = max(bottom - top, right - left), min(bottom - top, right - left)
    side = round(long * 1.2)
    assert share == pytest.approx(long * short / side**2, abs=0.06)
