from __future__ import annotations

import warnings

import numpy as np
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from nodulens.errors import NodulensError
from nodulens.finding import Area
from nodulens.frames import read, user_scale
from nodulens.frames.scale import measure_scale, stated_scale

SHAPE = (360, 560)
WHOLE = [Area(x=80, y=10, width=400, height=300)]
HALVES = [Area(x=30, y=10, width=240, height=300), Area(x=280, y=10, width=240, height=300)]


def region(box=(80, 10, 479, 309), x=0.01, y=0.01, **elements) -> Dataset:
    """Build a 2-D tissue region; ``box`` is its first and last pixel, x and y are cm a pixel."""
    item = Dataset()
    item.RegionSpatialFormat = 1
    item.RegionDataType = 1
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = 3
    names = ("MinX0", "MinY0", "MaxX1", "MaxY1")
    for name, value in zip(names, box, strict=True):
        setattr(item, f"RegionLocation{name}", value)
    item.PhysicalDeltaX, item.PhysicalDeltaY = x, y
    for name, value in elements.items():
        setattr(item, name, value)
    return item


def image(*regions: Dataset, **elements) -> Dataset:
    dataset = Dataset()
    if regions:
        dataset.SequenceOfUltrasoundRegions = list(regions)
    with warnings.catch_warnings(action="ignore"):  # pydicom warns of values that are no numbers
        for name, value in elements.items():
            setattr(dataset, name, value)
    return dataset


def test_a_tissue_region_in_centimetres():
    scale = stated_scale(image(region(x=0.0123, y=0.0123)), SHAPE, WHOLE)
    assert scale.mm_per_px == pytest.approx(0.123)
    assert scale.origin == "dicom-ultrasound-regions"
    assert scale.confidence == 1


def test_pixels_that_are_not_square():
    scale = stated_scale(image(region(x=0.01, y=0.02)), SHAPE, WHOLE)
    assert scale.mm_per_px is None
    assert scale.mm_per_px_xy == pytest.approx((0.1, 0.2))


def test_regions_of_other_kinds_are_passed_over():
    spectrum = region((0, 320, 559, 359), x=0.5, RegionSpatialFormat=3, RegionDataType=3)
    assert stated_scale(image(spectrum, region()), SHAPE, WHOLE).mm_per_px == pytest.approx(0.1)


def test_a_region_elsewhere_on_the_screen_does_not_count():
    scale = stated_scale(image(region((0, 320, 70, 355))), SHAPE, WHOLE)
    assert scale.mm_per_px_xy is None
    assert "no ultrasound region" in scale.note


def test_halves_with_one_scale_and_with_two():
    left, right = (30, 10, 269, 309), (280, 10, 519, 309)
    same = stated_scale(image(region(left), region(right)), SHAPE, HALVES)
    assert same.mm_per_px == pytest.approx(0.1)
    other = stated_scale(image(region(left), region(right, x=0.02, y=0.02)), SHAPE, HALVES)
    assert other.mm_per_px_xy is None
    assert "different scales" in other.note
    one = stated_scale(image(region(left)), SHAPE, HALVES)
    assert one.mm_per_px_xy is None
    assert "every scan" in one.note


def test_a_region_beyond_the_picture_betrays_resizing():
    scale = stated_scale(image(region((80, 10, 2000, 900))), SHAPE, WHOLE)
    assert scale.mm_per_px_xy is None
    assert "mostly beyond" in scale.note


def test_a_region_that_leaves_the_picture_is_clipped_and_it_is_said():
    height, width = SHAPE
    (area,) = WHOLE
    inside = stated_scale(image(region((0, 0, width - 1, height - 1))), SHAPE, WHOLE)
    beyond = stated_scale(image(region((20, 0, width + 40, height + 60))), SHAPE, WHOLE)
    assert beyond.mm_per_px_xy == inside.mm_per_px_xy
    assert (inside.confidence, inside.note) == (1, None)
    assert beyond.confidence == 0.5
    assert "cropped" in beyond.note
    assert area.height <= height


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 0.0, -0.01, 1e-9, 5.0])
def test_impossible_deltas_are_unknown_with_a_note(bad):
    for deltas in ({"x": bad}, {"y": bad}, {"x": bad, "y": bad}):
        scale = stated_scale(image(region(**deltas)), SHAPE, WHOLE)
        assert scale.mm_per_px_xy is None
        assert "ultrasound region" in scale.note


@pytest.mark.parametrize(
    "missing", ["PhysicalDeltaX", "RegionLocationMaxY1", "PhysicalUnitsYDirection"]
)
def test_incomplete_regions_are_unknown_with_a_note(missing):
    item = region()
    delattr(item, missing)
    scale = stated_scale(image(item), SHAPE, WHOLE)
    assert scale.mm_per_px_xy is None
    assert scale.note


def test_pixel_spacing_is_rows_first():
    scale = stated_scale(image(PixelSpacing=[0.2, 0.1]), SHAPE, WHOLE)
    assert scale.mm_per_px_xy == (0.1, 0.2)
    assert scale.origin == "dicom-pixel-spacing"


@pytest.mark.parametrize(
    "bad",
    [["nan", "nan"], ["0", "0"], ["-0.1", "0.1"], ["50", "50"], ["inf", "1"], ["1", "1"], ["0.1"]],
)
def test_impossible_spacing_is_unknown_with_a_note(bad):
    scale = stated_scale(image(PixelSpacing=bad), SHAPE, WHOLE)
    assert scale.mm_per_px_xy is None
    assert "PixelSpacing" in scale.note


def test_a_spacing_that_makes_the_scan_metres_deep_is_not_believed():
    scale = stated_scale(image(PixelSpacing=[1.5, 1.5]), SHAPE, WHOLE)
    assert scale.mm_per_px_xy is None
    assert "450 mm deep" in scale.note


def test_the_detector_s_spacing_is_not_the_body_s():
    scale = stated_scale(image(ImagerPixelSpacing=[0.1, 0.1]), SHAPE, WHOLE)
    assert scale.mm_per_px_xy is None
    assert "ImagerPixelSpacing" in scale.note


def test_regions_come_before_spacing():
    scale = stated_scale(image(region(), PixelSpacing=[0.3, 0.3]), SHAPE, WHOLE)
    assert scale.mm_per_px == pytest.approx(0.1)
    assert "PixelSpacing states another" in scale.note
    scale = stated_scale(image(region(x=float("nan")), PixelSpacing=[0.3, 0.3]), SHAPE, WHOLE)
    assert scale.mm_per_px == pytest.approx(0.3)
    assert "ultrasound region" in scale.note


def test_nothing_stated_is_unknown_without_a_reproach():
    scale = stated_scale(image(), SHAPE, WHOLE)
    assert scale.origin == "unknown"
    assert scale.note is None


def _ruled(screen, ticks):
    pixels = screen([(87, 8, 385, 300)])
    ticks(pixels, 86, 7, 50, 6, large=(0, 5))
    return pixels, [Area(x=87, y=8, width=385, height=300)]


def test_statement_and_ruler_that_agree(screen, ticks):
    scale = measure_scale(*_ruled(screen, ticks), image(PixelSpacing=[0.2, 0.2]))
    assert scale.mm_per_px == 0.2
    assert scale.origin == "dicom-pixel-spacing"
    assert scale.note == "the depth ruler agrees"


def test_statement_and_ruler_that_disagree_are_both_dropped(screen, ticks):
    scale = measure_scale(*_ruled(screen, ticks), image(PixelSpacing=[0.1, 0.1]))
    assert scale.mm_per_px_xy is None
    assert "resized" in scale.note


def test_the_ruler_serves_where_the_statement_is_impossible(screen, ticks):
    scale = measure_scale(*_ruled(screen, ticks), image(PixelSpacing=["nan", "nan"]))
    assert scale.mm_per_px == pytest.approx(0.2, rel=0.01)
    assert scale.origin == "depth-ruler"
    assert "PixelSpacing" in scale.note


def test_a_stated_scale_without_ruler_stands(screen):
    areas = [Area(x=87, y=8, width=385, height=300)]
    scale = measure_scale(screen([(87, 8, 385, 300)]), areas, image(PixelSpacing=[0.1, 0.1]))
    assert scale.mm_per_px == 0.1


def test_user_scale():
    scale = user_scale(0.085)
    assert scale.mm_per_px == 0.085
    assert scale.origin == "user"


@pytest.mark.parametrize("bad", [0, -1, float("nan"), float("inf"), 0.001, 25])
def test_an_implausible_user_scale_is_refused(bad):
    with pytest.raises(NodulensError, match="mm"):
        user_scale(bad)


def test_a_real_file_that_was_resized_has_no_scale():
    scale = read(get_testdata_file("examples_ybr_color.dcm", download=False))[0].scale
    assert scale.mm_per_px is None
    assert "resized" in scale.note


def test_a_real_file_that_was_cropped_keeps_its_scale_and_says_so():
    # Its uncropped original, 600 rows high, states 0.2623 mm.
    scale = read(get_testdata_file("examples_palette.dcm", download=False))[0].scale
    assert scale.mm_per_px == pytest.approx(0.2623, abs=1e-4)
    assert scale.confidence == 0.5
    assert "cropped" in scale.note


def test_blank_picture():
    assert measure_scale(np.zeros((5, 5), np.uint8), [Area(x=0, y=0, width=5, height=5)]).note
