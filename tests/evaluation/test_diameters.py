from __future__ import annotations

import numpy as np
import pytest

from nodulens.evaluation.diameters import long_axis_agreement, measure_diameters
from tests.masks import ellipse, rectangle

NOTHING = np.zeros((300, 300), np.bool_)


def test_the_largest_drawn_nodule_meets_what_shares_most_with_it() -> None:
    truth = ellipse(60, 30) | rectangle(5, 5, 10, 10)
    prediction = ellipse(66, 30) | rectangle(5, 5, 40, 10) | rectangle(145, 178, 3, 60)
    found = measure_diameters(prediction & ~rectangle(0, 176, 300, 2), truth)
    assert found.true_px == pytest.approx(120, abs=1)
    assert found.predicted_px == pytest.approx(132, abs=1)
    assert found.true_mm is None
    assert found.error == pytest.approx(0.1, abs=0.01)


def test_pixels_that_are_not_square_are_measured_in_millimetres() -> None:
    # Twice as high as wide: a disc in pixels is tall in millimetres.
    found = measure_diameters(ellipse(30, 40), ellipse(30, 30), (0.1, 0.2))
    assert found.error == pytest.approx(1 / 3, abs=0.02)


def test_what_is_missing_has_no_error() -> None:
    assert measure_diameters(ellipse(20, 20), NOTHING).error is None
    assert measure_diameters(NOTHING, ellipse(20, 20)).error is None
    beside = measure_diameters(rectangle(0, 0, 20, 20), ellipse(20, 20))
    assert beside.predicted_px is None
    assert beside.true_px is not None


def test_errors_are_summed_up_as_bland_and_altman_do() -> None:
    errors = [0.1, -0.1, 0.2, None, 0.0]
    found = long_axis_agreement(errors, ["a", "b", "c", "d", "e"])
    assert found["absolute_error"]["value"] == pytest.approx(0.1)
    assert found["absolute_error"]["images"] == 4
    assert found["absolute_error"]["low"] < 0.1 < found["absolute_error"]["high"]
    assert found["bias"]["value"] == pytest.approx(0.05)
    spread = 1.96 * np.std([0.1, -0.1, 0.2, 0.0], ddof=1)
    assert found["limits_of_agreement"] == pytest.approx([0.05 - spread, 0.05 + spread], abs=1e-6)
    assert found["missed"] == 1
    nothing = long_axis_agreement([None], ["a"])
    assert nothing["absolute_error"]["value"] is None
    assert nothing["limits_of_agreement"] is None
