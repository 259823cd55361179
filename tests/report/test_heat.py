from __future__ import annotations

import numpy as np
import pytest

from nodulens.report.heat import AGAINST_COLOUR, FOR_COLOUR, draw_heat, draw_region, limit_of

GREY = np.full((100, 200), 80, np.uint8)


def halves() -> np.ndarray:
    heat = np.zeros((100, 200), np.float32)
    heat[:, :60], heat[:, 140:] = 2, -2
    return heat


def test_for_is_orange_against_is_blue_and_nothing_is_grey() -> None:
    picture = draw_heat(GREY, halves(), label="suspicious").astype(int)
    assert picture.shape == (246, 400, 3)
    left, middle, right = picture[100, 40], picture[100, 200], picture[100, 360]
    assert middle.tolist() == [80, 80, 80]
    for found, colour in ((left, FOR_COLOUR), (right, AGAINST_COLOUR)):
        expected = 80 + 0.65 * (np.array(colour) - 80)
        assert np.abs(found - expected).max() <= 1
    # Not by their hue alone, for those who see none: blue is the brighter for the red-blind eye.
    assert left[0] - left[2] > 60
    assert right[2] - right[0] > 60


def test_colour_is_as_dense_as_the_limit_says() -> None:
    strong = draw_heat(GREY, halves(), label="x", limit=2)[100, 40].astype(int) - 80
    weak = draw_heat(GREY, halves(), label="x", limit=8)[100, 40].astype(int) - 80
    assert np.abs(weak * 4 - strong).max() <= 4
    beyond = draw_heat(GREY, halves() * 5, label="x", limit=2)[100, 40].astype(int) - 80
    assert np.array_equal(beyond, strong)


def test_maps_that_are_compared_have_one_limit_and_faint_ones_stay_faint() -> None:
    assert limit_of([halves(), halves() * 3]) == 6
    assert limit_of([halves() * 0.01]) == limit_of([]) == 0.1


def test_the_outline_is_seen_through_any_heat() -> None:
    outline = np.zeros((100, 200), np.bool_)
    outline[30:70, 30:170] = True
    picture = draw_heat(GREY, halves(), outline, label="x")
    white = (picture[:200] == 255).all(2)
    assert white[59:63, 100].any()
    assert white[137:142, 100].any()
    assert white[100, 58:64].any()
    assert not white[100, 70:330].any()
    assert (picture[:200] == 0).all(2).any()


def test_no_line_where_the_nodule_is_cut_by_the_region() -> None:
    outline = np.zeros((100, 200), np.bool_)
    outline[:, 100:] = True
    white = (draw_region(GREY, outline) == 255).all(2)
    assert white[:, 195:205].any(1).all()
    assert not white[:, 220:].any()


def test_the_region_keeps_its_proportions_and_large_ones_their_size() -> None:
    assert draw_region(GREY).shape == (200, 400, 3)
    assert draw_region(np.zeros((500, 450), np.uint8)).shape == (500, 450, 3)
    assert draw_region(GREY)[5, 5].tolist() == [80, 80, 80]


def test_the_legend_has_one_side_or_both() -> None:
    both = draw_heat(GREY, halves(), label="x")[-46:]
    one = draw_heat(GREY, np.abs(halves()), label="x", signed=False)[-46:]
    assert both[12, 15, 2] > both[12, 15, 0]
    assert one[12, 15, 2] <= one[12, 15, 0]
    assert not np.array_equal(both, draw_heat(GREY, halves(), label="suspicious")[-46:])


def test_sizes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="heat must have the same"):
        draw_heat(GREY, np.zeros((9, 9), np.float32), label="x")
    with pytest.raises(ValueError, match="outline must have the same"):
        draw_region(GREY, np.ones((9, 9), np.bool_))
