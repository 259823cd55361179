from __future__ import annotations

import numpy as np
import pytest

from nodulens.report.overlay import colour_of, draw_overlay, draw_thumbnail, enlargement
from tests.masks import ellipse
from tests.report.findings import finding, pixels


def test_the_picture_is_kept_and_the_outline_lies_on_the_nodules_border() -> None:
    said = finding()
    overlay = draw_overlay(pixels(), said)
    factor = enlargement(200, 120)
    assert factor == 3
    assert overlay.width == 600
    assert overlay.height > 360
    drawn = np.asarray(overlay)[:360].astype(int)
    colour = np.array(colour_of(said.nodules[0]))
    found = np.argwhere(np.abs(drawn - colour).sum(axis=2) < 12) / factor - 0.5
    radius = np.hypot((found[:, 1] - 60) / 30, (found[:, 0] - 60) / 18)
    assert (np.abs(radius - 1) < 0.08).sum() > 300
    # Most of the picture is as it was.
    assert (drawn == 90).all(axis=2).mean() > 0.9


def test_nodules_have_colours_of_their_own() -> None:
    first, second = finding().nodules
    assert colour_of(first) != colour_of(second)


@pytest.mark.parametrize(("size", "factor"), [((100, 80), 3), ((560, 360), 2), ((4000, 3000), 1)])
def test_small_pictures_are_enlarged_and_large_ones_kept(
    size: tuple[int, int], factor: float
) -> None:
    assert enlargement(*size) == factor


def test_without_a_nodule_the_strip_says_so() -> None:
    with_nodules, without = (
        draw_overlay(pixels(), finding()),
        draw_overlay(pixels(), finding(nodules=[])),
    )
    assert without.height < with_nodules.height
    assert np.asarray(without)[365:].max() > 150


def test_a_thumbnail_shows_the_picture_without_the_strip() -> None:
    said = finding()
    thumbnail = draw_thumbnail(draw_overlay(pixels(), said), said, 100)
    assert thumbnail.size == (100, 60)
    colours = {tuple(value) for value in np.asarray(thumbnail).reshape(-1, 3).tolist()}
    assert {colour_of(nodule) for nodule in said.nodules} <= colours


def test_a_nodule_at_the_edge_and_a_huge_picture_can_be_drawn() -> None:
    mask = ellipse(40, 40, 0, (60, 2000), (1999.0, 0.0))
    assert mask.any()
    said = finding(width=2000, height=60)
    assert draw_overlay(np.zeros((60, 2000), np.uint8), said).width == 2000


def test_at_its_own_size_the_picture_says_that_it_is_for_research_only() -> None:
    said = finding()
    overlay = draw_overlay(pixels(), said, 1.0)
    assert overlay.width == 200
    drawn = np.asarray(overlay).astype(int)
    assert (drawn[:120] == 90).all(axis=2).mean() > 0.5
    # All that is said is there: in more rows, and the notice below them.
    wide = draw_overlay(np.zeros((50, 1400), np.uint8), said, 1.0)
    assert wide.size == (1400, 50 + 2 * 30 + 10)
    rows = drawn[120:]
    assert len(rows) > 4 * 30
    assert (rows[-40:-10] > 90).any()
    for margin in (rows[:, :8], rows[:, -8:]):
        assert (margin == rows[-1, -1]).all()
