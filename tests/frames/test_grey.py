from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nodulens.frames.grey import eight_bit, is_coloured, luminance


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_depth_in_use_is_told_by_the_largest_value(bits):
    top = 2**bits - 1
    grey, note = eight_bit(np.array([[0, top // 2, top]], np.uint16))
    assert grey.dtype == np.uint8
    assert grey.tolist() == [[0, 127, 255]]
    assert note.startswith(f"{bits}-bit")


@given(st.integers(0, 65535), st.integers(0, 65535))
def test_a_brighter_value_never_comes_out_darker(one, other):
    grey, _ = eight_bit(np.array([min(one, other), max(one, other)], np.uint16))
    assert grey[0] <= grey[1]


def test_a_stated_depth_is_believed():
    grey, _ = eight_bit(np.array([200, 5000], np.uint16), bits=12)
    assert grey.tolist() == [12, 255]


def test_luminance_is_what_pillow_says_and_leaves_grey_alone():
    rgb = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    assert np.array_equal(luminance(rgb), np.array(Image.fromarray(rgb).convert("L")))
    ramp = np.arange(256, dtype=np.uint8)[None, :]
    assert np.array_equal(luminance(np.stack([ramp] * 3, axis=-1)), ramp)


def test_a_drawing_in_colour_is_noticed_and_jpeg_noise_is_not():
    rgb = np.full((100, 100, 3), 80, np.uint8)
    rgb[..., 0] += np.random.default_rng(0).integers(0, 20, (100, 100), np.uint8)
    assert not is_coloured(rgb)
    rgb[40:50, 40:50] = (255, 200, 0)
    assert is_coloured(rgb)
