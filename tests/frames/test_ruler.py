from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nodulens.frames import find_scan_areas
from nodulens.frames.ruler import LEAST_CONFIDENCE, read_ruler

BOX = (87, 8, 385, 300)


def _read(pixels):
    return read_ruler(pixels, find_scan_areas(pixels))


def _along_top(pixels, y, first, spacing, count):
    for place in range(count):
        x = round(first + place * spacing)
        pixels[y : y + 2, x : x + 2] = 255


@settings(max_examples=60, deadline=None)
@given(
    spacing=st.floats(30, 100),
    shift=st.floats(0, 25),
    x=st.integers(60, 180),
    seed=st.integers(0, 1000),
)
@example(spacing=30.0, shift=0.0, x=60, seed=462)  # the first tick touches a bright speck
def test_two_edges_of_ticks_give_the_spacing(screen, ticks, spacing, shift, x, seed):
    pixels = screen([(x, 8, 330, 300)], seed=seed)
    count = int((300 - shift) // spacing) + 1
    ticks(pixels, x - 1, 8 + shift, spacing, count)
    _along_top(pixels, 5, x + 7 + shift, spacing, int((320 - shift) // spacing) + 1)
    scale = _read(pixels)
    assert scale.mm_per_px is not None, scale.note
    assert scale.mm_per_px == pytest.approx(10 / spacing, rel=0.01)
    assert scale.origin == "depth-ruler"
    assert LEAST_CONFIDENCE <= scale.confidence < 1
    assert "1 cm a tick is assumed" in scale.note


def test_zero_and_five_confirm_a_single_edge(screen, ticks):
    pixels = screen([BOX])
    ticks(pixels, 86, 7, 50.6, 6, large=(0, 5))
    scale = _read(pixels)
    assert scale.mm_per_px == pytest.approx(10 / 50.6, rel=0.01)
    assert scale.confidence == pytest.approx(0.9)
    assert "1 cm a tick is assumed" not in scale.note


def test_the_ruler_may_stand_apart_from_a_narrow_scan(screen, ticks):
    pixels = screen([(180, 8, 200, 300)])
    ticks(pixels, 86, 7, 38, 9, large=(0, 5))
    assert _read(pixels).mm_per_px == pytest.approx(10 / 38, rel=0.01)


def test_dashes_are_ticks_too(screen):
    pixels = screen([BOX])
    for x in (76, 475):
        for place in range(7):
            pixels[8 + 48 * place : 10 + 48 * place, x : x + 9] = 220
    assert _read(pixels).mm_per_px == pytest.approx(10 / 48, rel=0.01)


def test_one_tick_hidden_is_no_harm(screen, ticks):
    pixels = screen([BOX])
    ticks(pixels, 86, 7, 45, 7, large=(0, 5))
    pixels[95:101, 80:88] = 0
    assert _read(pixels).mm_per_px == pytest.approx(10 / 45, rel=0.01)


def test_focus_marks_and_letters_beside_the_ticks_are_no_harm(screen, ticks):
    pixels = screen([BOX])
    ticks(pixels, 86, 7, 60, 6, large=(0, 5))
    for row in range(5):  # a triangle pointing into the scan
        reach = 2 - abs(2 - row)
        pixels[140 + row, 91 : 92 + 2 * reach] = 255
    assert _read(pixels).mm_per_px == pytest.approx(10 / 60, rel=0.01)


def test_halves_with_different_depths_give_no_scale(screen, ticks):
    pixels = screen([(35, 8, 230, 300), (285, 8, 230, 300)])
    ticks(pixels, 34, 7, 75.9, 5, large=(0,))
    ticks(pixels, 515, 7, 60.8, 6, large=(0, 5))
    scale = _read(pixels)
    assert scale.origin == "unknown"
    assert "different spacings" in scale.note


def test_a_half_without_a_ruler_gives_no_scale(screen, ticks):
    pixels = screen([(35, 8, 230, 300), (285, 8, 230, 300)])
    ticks(pixels, 34, 7, 60.8, 6, large=(0, 5))
    scale = _read(pixels)
    assert scale.mm_per_px is None
    assert "half" in scale.note


def test_halves_that_agree_give_a_scale(screen, ticks):
    pixels = screen([(35, 8, 230, 300), (285, 8, 230, 300)])
    for column in (34, 515):
        ticks(pixels, column, 7, 60.8, 6, large=(0, 5))
    scale = _read(pixels)
    assert scale.mm_per_px == pytest.approx(10 / 60.8, rel=0.01)
    assert scale.confidence == pytest.approx(0.95)


@pytest.mark.parametrize("stretch", [0.8, 1.2])
def test_a_screen_stretched_in_one_direction_gives_no_scale(screen, ticks, stretch):
    pixels = screen([BOX])
    ticks(pixels, 86, 7, 50, 6, large=(0, 5))
    _along_top(pixels, 4, 100, 50 * stretch, 6)
    for x in (113, 222, 430):  # other marks among the ticks make the line unsound, not void
        pixels[4:6, x : x + 2] = 255
    scale = _read(pixels)
    assert scale.mm_per_px is None
    assert "different spacings" in scale.note


def test_what_is_assumed_is_said(screen, ticks):
    pixels = screen([BOX])
    ticks(pixels, 86, 7, 50, 6, large=(0, 5))
    assert _read(pixels).note.endswith("square pixels are assumed")
    _along_top(pixels, 4, 100, 50, 6)
    assert "assumed" not in _read(pixels).note


def test_ticks_that_nothing_confirms_give_no_scale(screen, ticks):
    pixels = screen([BOX])
    ticks(pixels, 86, 30, 50, 6)
    scale = _read(pixels)
    assert scale.mm_per_px is None
    assert "nothing confirms" in scale.note


def test_marks_of_two_sizes_by_turns_give_no_scale(screen, ticks):
    pixels = screen([BOX])
    for column in (86, 472):
        ticks(pixels, column, 7, 37, 9, large=(0, 4, 8))
    scale = _read(pixels)
    assert scale.mm_per_px is None
    assert "two sizes" in scale.note


def test_uneven_marks_give_no_scale(screen, ticks):
    pixels = screen([BOX])
    for y in (8, 61, 140, 171, 260):
        ticks(pixels, 86, y, 0, 1)
    assert _read(pixels).mm_per_px is None


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), marks=st.integers(0, 60))
def test_noise_gives_no_scale(screen, seed, marks):
    pixels = screen([BOX], seed=seed)
    chance = np.random.default_rng(seed)
    for x, y in zip(chance.integers(0, 87, marks), chance.integers(0, 350, marks), strict=True):
        pixels[y : y + 2, x : x + 2] = 255
    assert _read(pixels).mm_per_px is None


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (360, 560)])
def test_blank_pictures_have_no_ruler(shape, value):
    assert _read(np.full(shape, value, np.uint8)).origin == "unknown"


def test_without_ruler_the_note_says_so(screen):
    assert _read(screen([BOX])).note == "no depth ruler found beside the scan"


@pytest.mark.realdata
def test_most_real_screens_are_scaled_to_a_depth_setting(shared_data):
    from nodulens.frames import read

    scales = [read(path)[0].scale for path in sorted((shared_data / "ddti").glob("*.jpg"))[::4]]
    known = [10 / scale.mm_per_px for scale in scales if scale.mm_per_px]
    assert len(known) >= 0.85 * len(scales)
    # The machine has a fixed set of depths, so true spacings gather on few values.
    settings_seen = np.array([38, 43.3, 50.6, 55.9, 58.3, 60.8, 64.7, 65.9, 69, 72.1, 76])
    settings_seen = np.append(settings_seen, [80, 81, 84.2, 94.9, 108.4])
    for spacing in known:
        assert np.min(np.abs(settings_seen / spacing - 1)) < 0.01


@pytest.mark.realdata
def test_pictures_without_a_ruler_stay_unknown(shared_data):
    from nodulens.frames import read

    busi = sorted((shared_data / "busi").rglob("*).png"))
    chest = sorted((shared_data / "qata-cov19").rglob("img/*.png"))[::100]
    for path in busi + chest:
        assert read(path)[0].scale.mm_per_px is None, path
