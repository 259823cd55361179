from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from nodulens.finding import Area
from nodulens.serve.growth import grow
from tests.masks import ellipse
from tests.pictures import scan

SHAPE = (480, 640)
AREA = Area(x=40, y=20, width=560, height=440)


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


@pytest.mark.parametrize("radii", [(90, 60), (60, 60), (45, 30)])
def test_one_click_outlines_what_differs_from_its_surroundings(radii: tuple[int, int]) -> None:
    pixels = scan((320, 240, *radii), shape=SHAPE)
    found = grow(pixels, AREA, [(325, 236)], [])
    assert dice(found, ellipse(*radii, 0, SHAPE, (320, 240))) > 0.85


def test_negative_clicks_bound_it() -> None:
    # Two that touch: nothing but the click can part them.
    pixels = scan((270, 240, 60, 50), (380, 240, 60, 50), shape=SHAPE)
    wanted = ellipse(60, 50, 0, SHAPE, (270, 240))
    negative = [(345.0, float(y)) for y in (200, 240, 280)]
    bounded = grow(pixels, AREA, [(270, 240)], negative)
    assert not any(bounded[int(y), int(x)] for x, y in negative)
    assert dice(bounded, wanted) > 0.8


def test_it_stays_in_the_scan_area_at_its_edge() -> None:
    found = grow(scan((60, 240, 50, 50), shape=SHAPE), AREA, [(44, 240)], [])
    assert found[240, 44]
    assert not found[:, :40].any()


def test_clicks_far_apart_are_both_inside() -> None:
    found = grow(scan((320, 240, 90, 60), shape=SHAPE), AREA, [(250, 240), (390, 240)], [])
    assert found[240, 250]
    assert found[240, 390]


def test_it_takes_less_than_the_blink_of_an_eye() -> None:
    # CPU time: a busy machine is no fault of the method.
    pixels = scan((320, 240, 90, 60), shape=SHAPE)
    start = time.process_time()
    for x in (310, 320, 330):
        grow(pixels, AREA, [(x, 240)], [(320, 320)])
    assert (time.process_time() - start) / 3 < 0.3
