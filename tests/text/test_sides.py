from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodulens.text.sides import swap_sides


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("left lobe", "right lobe"),
        ("Right lung and LEFT lung", "Left lung and RIGHT lung"),
        ("left-sided, Rightmost, leftwards", "right-sided, Leftmost, rightwards"),
        ("LOB. IZQ / lóbulo derecho", "LOB. DER / lóbulo izquierdo"),
        ("LT lobe, rt_lobe, left2", "RT lobe, lt_lobe, right2"),
        (
            "Bilateral pulmonary infection, all left lung, lower right lung.",
            "Bilateral pulmonary infection, all right lung, lower left lung.",
        ),
    ],
)
def test_sides_change_places(text: str, swapped: str) -> None:
    assert swap_sides(text) == swapped
    assert swap_sides(swapped) == text


@pytest.mark.parametrize(
    "text",
    ["bright leftover, upright, cleft, rightly, order", "lEFT", "alt Art", "leftſ", "", "isthmus"],
)
def test_what_is_no_side_stays(text: str) -> None:
    assert swap_sides(text) == text


PIECES = st.sampled_from(
    ["left", "Right", "LEFT", "lEFt", "izq", "DER", "derecha", "b", " ", "-", ".", "lobe", "s", "_"]
)


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_twice_is_nothing(text: str) -> None:
    assert swap_sides(swap_sides(text)) == text
