from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from nodulens.finding import Area
from nodulens.measure.texture import (
    look_at,
    measure_co_occurrence,
    measure_echo,
    measure_patterns,
    measure_spots,
)
from tests.masks import ellipse

MASK = ellipse(40, 30)
AREA = Area(x=0, y=0, width=MASK.shape[1], height=MASK.shape[0])


def picture(inside: float, outside: float, noise: float = 5.0) -> NDArray[np.uint8]:
    grey = np.where(MASK, inside, outside) + np.random.default_rng(0).normal(0, noise, MASK.shape)
    return grey.clip(0, 255).astype(np.uint8)


def test_a_dark_nodule_is_darker_than_its_surroundings() -> None:
    echo = measure_echo(look_at(picture(60, 120), MASK, AREA))
    assert echo["echo_inside"] == pytest.approx(60 / 255, abs=0.01)
    assert echo["echo_around"] == pytest.approx(120 / 255, abs=0.01)
    assert echo["echo_difference"] == pytest.approx(-60 / 255, abs=0.01)
    assert echo["echo_contrast"] < -1
    assert echo["echo_dark_share"] == 1
    assert echo["echo_bright_share"] == 0
    assert echo["echo_border_step"] == pytest.approx(60 / 255, abs=0.02)
    assert echo["echo_border_unevenness"] < 0.01
    assert abs(echo["echo_rim_difference"]) < 0.01
    bright = measure_echo(look_at(picture(120, 60), MASK, AREA))
    assert bright["echo_difference"] == pytest.approx(60 / 255, abs=0.01)
    assert bright["echo_bright_share"] == 1


def test_a_halo_is_a_dark_rim() -> None:
    pixels = picture(120, 120)
    depth = ndimage.distance_transform_edt(MASK)
    pixels[(depth > 0) & (depth < 5)] = 40
    assert measure_echo(look_at(pixels, MASK, AREA))["echo_rim_difference"] < -0.1


def test_a_shadow_falls_straight_down() -> None:
    pixels = picture(90, 120)
    rows, columns = np.nonzero(MASK)
    pixels[rows.max() + 1 :, columns.min() : columns.max()] //= 3
    assert measure_echo(look_at(pixels, MASK, AREA))["echo_below_difference"] < -0.2
    assert abs(measure_echo(look_at(picture(90, 120), MASK, AREA))["echo_below_difference"]) < 0.02


def test_only_the_scan_area_counts_as_surroundings() -> None:
    rows, columns = np.nonzero(MASK)
    area = Area(
        x=int(columns.min()) - 5,
        y=int(rows.min()) - 5,
        width=int(np.ptp(columns)) + 10,
        height=int(np.ptp(rows)) + 10,
    )
    pixels = picture(60, 120)
    outside = np.ones(MASK.shape, bool)
    outside[area.slices] = False
    pixels[outside] = 255
    assert measure_echo(look_at(pixels, MASK, area))["echo_around"] == pytest.approx(
        120 / 255, abs=0.01
    )


def test_a_nodule_that_fills_the_scan_area_is_measured() -> None:
    mask = np.ones((40, 50), bool)
    area = Area(x=0, y=0, width=50, height=40)
    echo = measure_echo(look_at(picture(60, 120)[:40, :50], mask, area))
    assert echo["echo_difference"] == 0
    assert all(np.isfinite(list(echo.values())))


def test_co_occurrence_tells_smooth_from_grainy_and_not_what_lies_outside() -> None:
    generator = np.random.default_rng(1)
    grain = generator.normal(0, 1, MASK.shape)
    smooth = ndimage.gaussian_filter(grain, 4)
    fine, coarse = (
        (128 + 40 * part / part.std()).clip(0, 255).astype(np.uint8) for part in (grain, smooth)
    )
    one, other = (measure_co_occurrence(look_at(part, MASK, AREA)) for part in (fine, coarse))
    assert one["co_contrast_1"] > 5 * other["co_contrast_1"]
    assert abs(one["co_correlation_1"]) < 0.1
    assert other["co_correlation_1"] > 0.9
    assert other["co_correlation_3"] < other["co_correlation_1"]
    assert other["co_homogeneity_1"] > one["co_homogeneity_1"]
    assert one["co_entropy_1"] > other["co_entropy_1"]
    near = ndimage.distance_transform_edt(~MASK) <= np.sqrt(40 * 30)
    far = np.where(near, fine, 0).astype(np.uint8)
    assert measure_co_occurrence(look_at(far, MASK, AREA)) == one


def test_patterns_are_shares() -> None:
    found = measure_patterns(look_at(picture(60, 120, noise=20), MASK, AREA))
    assert list(found) == [f"lbp_{k}" for k in range(10)]
    assert sum(found.values()) == pytest.approx(1)
    flat = np.full(MASK.shape, 100, np.uint8)
    assert measure_patterns(look_at(flat, MASK, AREA))["lbp_8"] == 1


def test_bright_spots_are_counted_inside() -> None:
    pixels = picture(60, 120, noise=3)
    rows, columns = np.nonzero(MASK)
    y, x = int(rows.mean()), int(columns.mean())
    none = measure_spots(look_at(pixels, MASK, AREA))
    for shift in (-15, 0, 15):
        pixels[y - 1 : y + 2, x + shift - 1 : x + shift + 2] = 250
    pixels[2:5, 2:5] = 250  # not the nodule's
    three = measure_spots(look_at(pixels, MASK, AREA))
    assert three["spots_count"] == 3
    assert three["spots_contrast"] > 0.4
    assert three["spots_share"] > 3 * three["spots_largest"] * 0.99
    assert three["spots_share"] > none["spots_share"]
