from __future__ import annotations

import numpy as np
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from nodulens.finding import Area
from nodulens.frames import read
from nodulens.frames.doppler import LEAST_SHARE, coloured_share, doppler_note
from tests.pictures import scan

GREY = scan((90, 80, 30, 20))
AREAS = [Area(x=0, y=0, width=240, height=180)]


def _tinted(red: float, green: float, blue: float) -> np.ndarray:
    return (GREY[..., None] * np.array([red, green, blue])).astype(np.uint8)


def _with_flow(rgb: np.ndarray, side: int) -> np.ndarray:
    rgb = rgb.copy()
    rgb[40 : 40 + side, 50 : 50 + side] = (220, 40, 20)
    rgb[40 + side : 40 + 2 * side, 50 : 50 + side] = (20, 60, 230)
    return rgb


@pytest.mark.parametrize("tint", [(1, 1, 1), (1, 0.8, 0.55), (0.6, 0.8, 1)])
def test_a_tinted_grey_scale_is_b_mode(tint):
    rgb = _tinted(*tint)
    assert coloured_share(rgb) == 0
    assert doppler_note(rgb, AREAS) is None


@pytest.mark.parametrize("tint", [(1, 1, 1), (1, 0.8, 0.55)])
@pytest.mark.parametrize("side", [12, 40])
def test_flow_is_no_b_mode(tint, side):
    rgb = _with_flow(_tinted(*tint), side)
    assert coloured_share(rgb) == pytest.approx(2 * side * side / GREY.size, rel=0.05)
    assert "not B-mode" in doppler_note(rgb, AREAS)


def test_measuring_marks_in_colour_are_not_a_map():
    rgb = _tinted(1, 1, 1)
    rgb[60, 50:100] = (255, 255, 0)
    rgb[56:65, 50] = rgb[56:65, 100] = (0, 255, 0)
    assert 0 < coloured_share(rgb) < LEAST_SHARE
    assert doppler_note(rgb, AREAS) is None


def test_colours_outside_the_scan_do_not_matter():
    rgb = _with_flow(_tinted(1, 1, 1), 40)
    assert doppler_note(rgb, [Area(x=120, y=0, width=120, height=180)]) is None


def test_elastography_that_covers_most_of_the_scan():
    rgb = _tinted(1, 1, 1)
    hue = np.linspace(0, 1, 200)[None, :, None]
    rgb[10:170, 20:220] = (
        np.array([255, 90, 0]) * hue + np.array([0, 90, 255]) * (1 - hue)
    ).astype(np.uint8)
    assert "not B-mode" in doppler_note(rgb, AREAS)


def _region(space: object, corners: tuple[object, ...] = (0, 0, 239, 179)) -> Dataset:
    item = Dataset()
    item.RegionSpatialFormat = space
    names = ("MinX0", "MinY0", "MaxX1", "MaxY1")
    for name, value in zip(names, corners, strict=True):
        setattr(item, f"RegionLocation{name}", value)
    dataset = Dataset()
    dataset.SequenceOfUltrasoundRegions = [item]
    return dataset


def test_a_spectrum_by_its_region():
    assert "spectrum" in doppler_note(None, AREAS, _region(3))
    assert doppler_note(None, AREAS, _region(1)) is None
    assert doppler_note(None, AREAS, _region(3, (200, 0, 239, 179))) is None
    assert doppler_note(None, AREAS, Dataset()) is None


def test_a_damaged_region_is_no_reason_to_refuse():
    broken = _region(3)
    del broken.SequenceOfUltrasoundRegions[0].RegionLocationMaxX1
    assert doppler_note(None, AREAS, broken) is None


@pytest.mark.parametrize(
    ("name", "b_mode"), [("examples_rgb_color.dcm", False), ("examples_ybr_color.dcm", True)]
)
def test_real_files(name, b_mode):
    # Power Doppler of a lymph node, in colour; and the four chambers of a heart, in grey.
    frame = read(get_testdata_file(name, download=False))[-1]
    assert frame.b_mode is b_mode
    assert any("not B-mode" in note for note in frame.notes) is not b_mode
