from __future__ import annotations

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodulens.finding import Area
from nodulens.serve.masks import (
    as_nodule,
    decode_mask,
    draw_rings,
    encode_grey,
    joined,
    trace_rings,
)
from nodulens.serve.problems import Refusal
from tests.masks import ellipse, rectangle

SHAPE = (120, 160)
WHOLE = [Area(x=0, y=0, width=160, height=120)]


@given(
    st.floats(6, 50), st.floats(6, 40), st.floats(0, 180), st.floats(-5, 165), st.floats(-5, 125)
)
def test_a_traced_outline_draws_the_same_mask(
    semi_x: float, semi_y: float, turn: float, x: float, y: float
) -> None:
    mask = ellipse(semi_x, semi_y, turn, SHAPE, (x, y))
    if mask.sum() < 16:
        return
    part = as_nodule(mask, WHOLE).mask
    assert (draw_rings(trace_rings(part), SHAPE) == part).all()


def test_an_inner_ring_is_a_hole() -> None:
    outer = trace_rings(rectangle(20, 20, 60, 60, SHAPE))
    inner = trace_rings(rectangle(40, 40, 10, 10, SHAPE))
    assert draw_rings([*outer, *inner], SHAPE).sum() == 3600 - 100
    assert as_nodule(draw_rings([*outer, *inner], SHAPE), WHOLE).mask.sum() == 3600


def test_a_mask_is_decoded_only_if_it_is_of_the_frame() -> None:
    mask = ellipse(30, 20, 0, SHAPE, (80, 60))
    content = base64.b64encode(encode_grey(mask.astype(np.uint8) * 255)).decode()
    assert (decode_mask(content, SHAPE) == mask).all()
    for wrong, shape in (
        (content, (60, 60)),
        ("not base64!", SHAPE),
        ("QUJD", SHAPE),
        ("é", SHAPE),
    ):
        with pytest.raises(Refusal, match="send a PNG of"):
            decode_mask(wrong, shape)


def test_a_nodule_is_one_part_and_may_leave_the_scan_area_that_was_found() -> None:
    left = Area(x=0, y=0, width=80, height=120)
    areas = [left, Area(x=80, y=0, width=80, height=120)]
    mask = ellipse(30, 20, 0, SHAPE, (100, 60))
    mask[5, 5] = True
    part = as_nodule(mask, areas)
    assert part.scan_area == 1
    assert not part.mask[5, 5]
    assert part.areas == [left, Area(x=70, y=0, width=90, height=120)]
    with pytest.raises(Refusal, match="several parts"):
        as_nodule(mask | rectangle(2, 2, 20, 20, SHAPE), areas)
    with pytest.raises(Refusal, match="fewer than"):
        as_nodule(rectangle(2, 2, 3, 3, SHAPE), areas)
    assert joined(left, Area(x=90, y=100, width=5, height=40)).height == 140
