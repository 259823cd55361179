from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodulens.finding import Area
from nodulens.measure.features import FEATURES, feature_names, measure_features
from nodulens.measure.size import Size, measure_size
from tests.masks import ellipse

MASK = ellipse(40, 30)
AREA = Area(x=0, y=0, width=MASK.shape[1], height=MASK.shape[0])
NOISE = np.random.default_rng(0).integers(0, 255, MASK.shape).astype(np.uint8)


def test_every_feature_has_a_name_a_unit_and_a_definition_of_its_own() -> None:
    names = [feature.name for feature in FEATURES]
    assert len(set(names)) == len(names)
    assert len({feature.definition for feature in FEATURES}) == len(names)
    assert {feature.unit for feature in FEATURES} == {"1", "bit"}
    assert list(measure_features(NOISE, MASK, AREA)) == names == feature_names()


def test_shape_alone_never_looks_at_the_picture() -> None:
    shape = measure_features(NOISE, MASK, AREA, groups=["shape"])
    assert list(shape) == feature_names(["shape"])
    assert shape == measure_features(255 - NOISE, MASK, AREA, groups=["shape"])
    assert measure_features(NOISE, MASK, AREA) == shape | measure_features(
        NOISE, MASK, AREA, groups=["texture"]
    )


def test_an_outline_is_measured_once_however_the_picture_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured: list[np.ndarray] = []

    def measure(mask: np.ndarray, *rest: object) -> Size:
        measured.append(mask)
        return measure_size(mask, *rest)

    monkeypatch.setattr("nodulens.measure.features.measure_size", measure)
    mask = ellipse(31, 23)
    first, second = (measure_features(pixels, mask, AREA) for pixels in (NOISE, 255 - NOISE))
    assert first["echo_inside"] != second["echo_inside"]
    assert len(measured) == 1
    assert np.array_equal(measured[0], mask)
    # Another outline, scan area or scale is another measurement.
    measure_features(NOISE, ellipse(31, 24), AREA)
    measure_features(NOISE, mask, Area(x=0, y=0, width=AREA.width - 1, height=AREA.height))
    measure_features(NOISE, mask, AREA, (0.1, 0.2))
    assert len(measured) == 4


def test_size_is_relative_to_the_scan_area() -> None:
    found = measure_features(NOISE, MASK, AREA, groups=["shape"])
    assert found["area_share"] == pytest.approx(np.pi * 40 * 30 / MASK.size, rel=0.01)
    assert found["long_axis_share"] == pytest.approx(80 / AREA.height, rel=0.02)
    assert found["short_to_long"] == pytest.approx(0.75, abs=0.02)


def test_hu_moments_do_not_change_with_place_and_little_with_angle() -> None:
    upright = measure_features(NOISE, ellipse(40, 20), AREA, groups=["shape"])
    moved = measure_features(NOISE, np.roll(ellipse(40, 20), 9, 1), AREA, groups=["shape"])
    turned = measure_features(NOISE, ellipse(40, 20, 35), AREA, groups=["shape"])
    assert moved["hu_1"] == pytest.approx(upright["hu_1"])
    assert turned["hu_1"] == pytest.approx(upright["hu_1"], abs=0.01)
    assert turned["hu_2"] == pytest.approx(upright["hu_2"], abs=0.05)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 5), st.booleans())
def test_features_are_finite_for_any_nodule(a: int, b: int, corner: int, flat: bool) -> None:
    mask = np.zeros((64, 80), bool)
    mask[corner : corner + a, corner : corner + b] = True
    pixels = np.zeros_like(mask, np.uint8) if flat else NOISE[:64, :80]
    area = Area(x=0, y=0, width=80, height=64)
    values = list(measure_features(pixels, mask, area, (0.1, 0.07)).values())
    assert np.isfinite(values).all()
