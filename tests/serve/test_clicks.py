from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from nodulens.finding import Area
from nodulens.serve.clicks import fill, segment_by_clicks, smooth
from nodulens.serve.problems import Refusal
from tests.masks import ellipse, rectangle
from tests.pictures import scan

SHAPE = (480, 640)
AREA = Area(x=0, y=0, width=640, height=480)
TRUE = ellipse(90, 60, 0, SHAPE, (320, 240))
PIXELS = scan((320, 240, 90, 60), shape=SHAPE)
MISSED = np.where(ellipse(60, 60, 0, SHAPE, (290, 240)), 0.95, 0.05).astype(np.float32)
"""A network that sees the left part of the nodule only."""
SPILT = np.where(TRUE | ellipse(60, 30, 0, SHAPE, (430, 240)), 0.95, 0.05).astype(np.float32)
"""A network that sees more than there is."""


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


def test_a_positive_click_brings_in_what_was_missed() -> None:
    assert dice(MISSED > 0.5, TRUE) < 0.76
    found = segment_by_clicks(PIXELS, MISSED, AREA, [(390, 240)], [])
    assert found[240, 390]
    assert dice(found, TRUE) > 0.85


def test_a_negative_click_takes_out_what_is_none() -> None:
    assert dice(SPILT > 0.5, TRUE) < 0.9
    found = segment_by_clicks(PIXELS, SPILT, AREA, [], [(455, 240)])
    assert not found[240, 455]
    assert dice(found, TRUE) > 0.93


def test_far_from_clicks_the_outline_stays_to_the_pixel() -> None:
    found = segment_by_clicks(PIXELS, MISSED, AREA, [(385, 240)], [])
    assert (found[:, :260] == (MISSED > 0.5)[:, :260]).all()


def test_it_begins_with_the_outline_that_is_given() -> None:
    found = segment_by_clicks(PIXELS, MISSED, AREA, [(320, 240)], [], before=TRUE)
    assert dice(found, TRUE) > 0.97


def test_a_nodule_of_which_the_network_knows_nothing_is_found_by_clicks() -> None:
    unknown = np.full(SHAPE, 0.05, np.float32)
    found = segment_by_clicks(PIXELS, unknown, AREA, [(320, 240)], [(320, 340), (180, 240)])
    assert found[240, 320]
    assert not found[340, 320]
    alone = segment_by_clicks(PIXELS, unknown, AREA, [(320, 240)], [])
    assert dice(alone, TRUE) > 0.85


def test_a_click_beside_an_outline_means_another_nodule() -> None:
    pixels = scan((180, 240, 60, 50), (420, 240, 70, 50), shape=SHAPE)
    seen = np.where(ellipse(60, 50, 0, SHAPE, (180, 240)), 0.95, 0.05).astype(np.float32)
    found = segment_by_clicks(pixels, seen, AREA, [(420, 240)], [])
    assert dice(found, ellipse(70, 50, 0, SHAPE, (420, 240))) > 0.85
    assert not (found & (seen > 0.5)).any()


def test_clicks_that_cannot_be_are_refused() -> None:
    with pytest.raises(Refusal, match="outside of the frame"):
        segment_by_clicks(PIXELS, MISSED, AREA, [(700, 10)], [])
    with pytest.raises(Refusal):
        segment_by_clicks(PIXELS, MISSED, AREA, [(300, 240)], [(300, 240)] * 2)


def test_clicks_take_less_than_the_blink_of_an_eye() -> None:
    # CPU time: a busy machine is no fault of the method.
    start = time.process_time()
    for x in (385, 390, 395):
        segment_by_clicks(PIXELS, MISSED, AREA, [(x, 240)], [(320, 320)])
    assert (time.process_time() - start) / 3 < 0.3


def test_smoothing_rounds_off_and_keeps_the_size() -> None:
    spiky = TRUE | rectangle(318, 140, 4, 60, SHAPE)
    round_again = smooth(spiky, 5)
    assert dice(round_again, TRUE) > 0.98
    assert not round_again[145, 320]
    with pytest.raises(Refusal, match="smaller radius"):
        smooth(rectangle(5, 5, 3, 3, SHAPE), 20)


def test_filling_closes_holes() -> None:
    holed = TRUE & ~ellipse(20, 20, 0, SHAPE, (320, 240))
    assert (fill(holed) == TRUE).all()
