from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodulens.measure.size import Line, measure_size
from tests.masks import ellipse, rectangle


def direction(line: Line) -> np.ndarray:
    ends = np.asarray(line)
    return (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])


def test_a_disc() -> None:
    size = measure_size(ellipse(50, 50), (0.1, 0.1))
    assert size.area_px == pytest.approx(np.pi * 50**2, rel=0.005)
    assert size.area_mm2 == pytest.approx(np.pi * 5**2, rel=0.005)
    assert size.long_axis_px == pytest.approx(100, abs=1.2)
    assert size.short_axis_px == pytest.approx(100, abs=1.2)
    assert size.long_axis_mm == pytest.approx(10, abs=0.12)


@settings(max_examples=60, deadline=None)
@given(st.floats(-90, 90), st.floats(20, 90), st.floats(0.3, 0.8))
def test_an_ellipse_at_any_angle(degrees: float, semi_major: float, ratio: float) -> None:
    size = measure_size(ellipse(semi_major, semi_major * ratio, degrees))
    assert size.long_axis_px == pytest.approx(2 * semi_major, abs=1.5)
    assert size.short_axis_px == pytest.approx(2 * semi_major * ratio, abs=2)
    assert size.long_axis_mm is size.short_axis_mm is size.area_mm2 is None
    turn = np.deg2rad(degrees)
    assert abs(direction(size.long_axis_line) @ [np.cos(turn), np.sin(turn)]) > 0.97
    assert abs(direction(size.long_axis_line) @ direction(size.short_axis_line)) < 0.02
    for line, length in (
        (size.long_axis_line, size.long_axis_px),
        (size.short_axis_line, size.short_axis_px),
    ):
        assert np.linalg.norm(np.subtract(*line)) == pytest.approx(length, abs=0.02)


def test_a_rectangle_is_longest_along_its_diagonal() -> None:
    size = measure_size(rectangle(30, 40, 80, 60))
    assert size.long_axis_px == pytest.approx(100, abs=1)
    # Perpendicular to the diagonal of a 4:3 rectangle, the widest chord starts in a corner.
    assert size.short_axis_px == pytest.approx(75, abs=1)
    assert (size.bounding_box.x, size.bounding_box.y) == (30, 40)


def test_spacing_turns_the_axes_where_pixels_are_not_square() -> None:
    """60 px × 0.1 mm wide and 40 px × 0.3 mm deep: 6 mm by 12 mm, so the long axis is the depth."""
    size = measure_size(ellipse(30, 20), (0.1, 0.3))
    assert size.long_axis_mm == pytest.approx(12, abs=0.3)
    assert size.short_axis_mm == pytest.approx(6, abs=0.15)
    assert size.area_mm2 == pytest.approx(np.pi * 3 * 6, rel=0.01)
    assert abs(direction(size.long_axis_line)[1]) > 0.99
    assert size.long_axis_px == pytest.approx(40, abs=1)


def test_a_single_pixel_has_a_size() -> None:
    size = measure_size(rectangle(5, 6, 1, 1))
    assert (size.area_px, size.long_axis_px, size.short_axis_px) == (
        1,
        1,
        pytest.approx(1, abs=0.01),
    )
