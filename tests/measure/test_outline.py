from __future__ import annotations

import numpy as np
import pytest

from nodulens.finding import Area
from nodulens.measure.outline import bounding_box, outline
from tests.masks import ellipse, rectangle


def polygon_area(points: np.ndarray) -> float:
    x, y = points.T
    return float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2)


def test_one_pixel_is_a_diamond_around_its_centre() -> None:
    points = outline(rectangle(7, 4, 1, 1))
    assert {tuple(point) for point in points.tolist()} == {(6.5, 4), (7, 3.5), (7.5, 4), (7, 4.5)}


def test_a_rectangle_needs_two_points_a_corner() -> None:
    points = outline(rectangle(10, 20, 30, 5))
    assert len(points) == 8
    assert points.min(axis=0).tolist() == [9.5, 19.5]
    assert points.max(axis=0).tolist() == [39.5, 24.5]


def test_a_disc_keeps_its_area_and_runs_clockwise() -> None:
    assert polygon_area(outline(ellipse(60, 60))) == pytest.approx(np.pi * 60**2, rel=0.005)


def test_pixels_that_meet_at_a_corner_have_one_outline() -> None:
    mask = rectangle(10, 10, 5, 5) | rectangle(15, 15, 5, 5)
    points = outline(mask)
    assert points.min() == 9.5
    assert points.max() == 19.5


def test_a_mask_at_the_edge_is_closed_outside_the_picture() -> None:
    points = outline(np.ones((4, 6), np.bool_))
    assert points.min(axis=0).tolist() == [-0.5, -0.5]
    assert points.max(axis=0).tolist() == [5.5, 3.5]


def test_bounding_box() -> None:
    assert bounding_box(rectangle(10, 20, 30, 5)) == Area(x=10, y=20, width=30, height=5)
    with pytest.raises(ValueError, match="empty"):
        bounding_box(np.zeros((5, 5), np.bool_))
