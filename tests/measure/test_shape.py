from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nodulens.analysis.segment import nodule_parts
from nodulens.finding import Area
from nodulens.measure.shape import depth_to_width, is_taller_than_wide, measure_shape
from nodulens.measure.size import measure_size
from tests.masks import ellipse, rectangle


def test_a_disc() -> None:
    shape = measure_shape(ellipse(60, 60, centre=(149.5, 149.5)))
    assert shape.circularity == pytest.approx(1, abs=0.02)
    assert shape.compactness == pytest.approx(1, abs=0.02)
    assert shape.solidity == pytest.approx(1, abs=0.02)
    assert shape.convexity == pytest.approx(1, abs=0.01)
    assert shape.eccentricity == pytest.approx(0, abs=0.02)
    assert shape.elongation == pytest.approx(0, abs=0.01)
    assert shape.extent == pytest.approx(np.pi / 4, abs=0.01)
    assert shape.depth_to_width == 1


@pytest.mark.parametrize("degrees", [0, 30, 45, 77])
def test_an_ellipse_has_the_same_shape_at_any_angle(degrees: float) -> None:
    a, b = 80.0, 40.0
    shape = measure_shape(ellipse(a, b, degrees))
    # Ramanujan's perimeter of an ellipse.
    perimeter = np.pi * (3 * (a + b) - np.sqrt((3 * a + b) * (a + 3 * b)))
    assert shape.circularity == pytest.approx(4 * np.pi * np.pi * a * b / perimeter**2, abs=0.03)
    assert shape.eccentricity == pytest.approx(np.sqrt(1 - (b / a) ** 2), abs=0.01)
    assert shape.elongation == pytest.approx(0.5, abs=0.01)
    assert shape.solidity > 0.97


def test_a_rectangle_fills_its_box_and_a_cross_does_not() -> None:
    assert measure_shape(rectangle(10, 10, 90, 30)).extent == 1
    cross = measure_shape(rectangle(100, 130, 100, 40) | rectangle(130, 100, 40, 100))
    assert cross.extent == pytest.approx(0.64)
    # The hull of the cross is an octagon: its box without four triangles of side 30.
    assert cross.solidity == pytest.approx(6400 / (10000 - 4 * 450), abs=0.02)
    assert cross.convexity < 0.9
    assert cross.circularity < 0.6


def test_shape_is_meant_in_millimetres() -> None:
    """An ellipse that is a disc in millimetres, scanned with pixels twice as high as wide."""
    shape = measure_shape(ellipse(60, 30), (0.1, 0.2))
    assert shape.circularity == pytest.approx(1, abs=0.03)
    assert shape.elongation == pytest.approx(0, abs=0.02)
    assert shape.depth_to_width == pytest.approx(1, abs=0.02)


def test_taller_than_wide_is_depth_over_width() -> None:
    assert is_taller_than_wide(rectangle(10, 10, 20, 21))
    assert not is_taller_than_wide(rectangle(10, 10, 20, 20))
    assert not is_taller_than_wide(rectangle(10, 10, 20, 21), (0.2, 0.1))
    assert depth_to_width(rectangle(0, 0, 40, 10)) == 0.25


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(np.bool_, (9, 11)),
    st.one_of(st.none(), st.tuples(st.floats(0.02, 0.5), st.floats(0.02, 0.5))),
)
def test_every_part_of_any_mask_can_be_measured(
    mask: np.ndarray, mm_per_px: tuple[float, float] | None
) -> None:
    for _, part in nodule_parts(mask, [Area(x=0, y=0, width=11, height=9)]):
        size = measure_size(part, mm_per_px)
        shape = measure_shape(part, mm_per_px)  # the record itself checks the ranges
        assert size.long_axis_px > 0
        assert size.short_axis_px > 0
        if mm_per_px is None:
            assert size.short_axis_px <= size.long_axis_px + 1e-6
        assert shape.depth_to_width > 0
