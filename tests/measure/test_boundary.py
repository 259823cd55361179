from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from nodulens.measure.boundary import measure_boundary
from tests.masks import ellipse, rectangle


def star(radius: float, depth: float, points: int) -> NDArray[np.bool_]:
    """Draw a disc whose radius swings by ``depth`` of itself, ``points`` times around."""
    y, x = np.indices((300, 300)) - 149.5
    angle = np.arctan2(y, x)
    return np.hypot(x, y) <= radius * (1 + depth * np.cos(points * angle))


@pytest.mark.parametrize(("a", "b"), [(60, 60), (80, 40), (30, 20), (15, 15)])
def test_smooth_nodules_are_neither_rough_nor_spiculated(a: float, b: float) -> None:
    boundary = measure_boundary(ellipse(a, b))
    assert boundary.roughness < 0.012
    assert boundary.spiculation < 0.03


def test_roughness_grows_with_the_depth_of_lobes_whatever_the_size() -> None:
    found = [measure_boundary(star(80, depth, 12)).roughness for depth in (0.02, 0.05, 0.1)]
    assert found[0] < found[1] < found[2]
    # Of a sine of amplitude d around a disc, what is left of it is d/√2 of the radius at most.
    assert 0.5 * 0.1 / np.sqrt(2) < found[2] < 0.1
    assert measure_boundary(star(40, 0.1, 12)).roughness == pytest.approx(found[2], rel=0.1)


def test_spikes_are_what_is_narrow() -> None:
    body = ellipse(60, 60)
    assert measure_boundary(body).spiculation < 0.01
    spike = body | rectangle(140, 150, 130, 12)
    both = spike | rectangle(150, 30, 12, 130)
    one, two = (measure_boundary(mask).spiculation for mask in (spike, both))
    # A spike is about what sticks out of the disc.
    assert one == pytest.approx(np.count_nonzero(spike & ~body) / np.count_nonzero(spike), abs=0.02)
    assert two > 1.5 * one


def test_a_line_and_a_pixel_are_measured() -> None:
    line = rectangle(10, 10, 80, 1)
    assert measure_boundary(line).spiculation == 1
    dot = rectangle(10, 10, 1, 1)
    assert 0 <= measure_boundary(dot).spiculation <= 1
    assert np.isfinite(measure_boundary(dot).roughness)
