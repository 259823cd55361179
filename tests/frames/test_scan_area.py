from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nodulens.finding import Area
from nodulens.frames import find_scan_areas


def _close(area, box, by=3):
    found = (area.x, area.y, area.x + area.width, area.y + area.height)
    wanted = (box[0], box[1], box[0] + box[2], box[1] + box[3])
    return all(abs(a - b) <= by for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("box", [(87, 8, 385, 300), (174, 8, 210, 300), (60, 30, 440, 200)])
def test_finds_the_scan_amid_text_logo_and_grey_bar(screen, ticks, box):
    pixels = screen([box])
    ticks(pixels, box[0] - 1, box[1], 60, 5, large=(0,))
    (area,) = find_scan_areas(pixels)
    assert _close(area, box)


def test_burned_in_words_stay_outside(screen):
    pixels = screen([(87, 8, 385, 290)])
    (area,) = find_scan_areas(pixels)
    assert area.y + area.height <= 360 - 30


def test_splits_at_a_gap(screen):
    boxes = [(35, 8, 230, 300), (285, 8, 230, 300)]
    areas = find_scan_areas(screen(boxes))
    assert len(areas) == 2
    assert all(_close(area, box) for area, box in zip(areas, boxes, strict=True))


def test_splits_at_a_seam(screen):
    boxes = [(35, 8, 245, 300), (280, 8, 245, 300)]
    pixels = screen(boxes)
    # Two settings of the gain side by side: the grey values jump at the seam in every row.
    pixels[8:308, 35:280] = np.minimum(pixels[8:308, 35:280] // 4 + 12, 255)
    pixels[8:308, 280:525] = np.minimum(pixels[8:308, 280:525] // 4 + 120, 255)
    areas = find_scan_areas(pixels)
    assert [area.x for area in areas] == [35, 280]


def test_one_scan_with_an_edge_in_it_is_not_split(screen):
    pixels = screen([(35, 8, 490, 300)])
    pixels[100:140, 280] = 255  # a caliper line
    assert len(find_scan_areas(pixels)) == 1


def test_sector_scan_on_black():
    rows, columns = np.mgrid[:400, :500]
    angle = np.degrees(np.arctan2(columns - 250, rows + 40))
    radius = np.hypot(columns - 250, rows + 40)
    inside = (np.abs(angle) < 32) & (radius > 80) & (radius < 400)
    speckle = np.random.default_rng(0).integers(30, 160, inside.shape)
    (area,) = find_scan_areas(np.where(inside, speckle, 0).astype(np.uint8))
    in_area = np.zeros_like(inside)
    in_area[area.slices] = True
    assert (inside & in_area).sum() > 0.9 * inside.sum()


def test_light_background(screen):
    pixels = screen([(87, 8, 385, 300)], words=False)
    light = np.full_like(pixels, 255)
    light[8:308, 87:472] = pixels[8:308, 87:472]
    (area,) = find_scan_areas(light)
    assert _close(area, (87, 8, 385, 300))


@pytest.mark.parametrize("value", [0, 7, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 3), (360, 560)])
def test_blank_pictures_are_one_whole_area(shape, value):
    areas = find_scan_areas(np.full(shape, value, np.uint8))
    assert areas == [Area(x=0, y=0, width=shape[1], height=shape[0])]


@settings(max_examples=150, deadline=None)
@given(
    hnp.arrays(
        np.uint8,
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=48),
        elements=st.sampled_from([0, 0, 0, 3, 60, 200, 255]),
    )
)
def test_areas_lie_inside_any_picture_and_do_not_overlap(pixels):
    areas = find_scan_areas(pixels)
    covered = np.zeros(pixels.shape, int)
    for area in areas:
        assert area.x + area.width <= pixels.shape[1]
        assert area.y + area.height <= pixels.shape[0]
        covered[area.slices] += 1
    assert areas
    assert covered.max() == 1


@pytest.mark.realdata
def test_no_graded_words_in_real_screens(shared_data):
    from nodulens.frames import read

    for path in sorted((shared_data / "ddti").glob("*.jpg"))[::16]:
        frame = read(path)[0]
        # Grades and names of sides stand below row 335 on these screens.
        assert max(area.y + area.height for area in frame.scan_areas) <= 335, path
