from __future__ import annotations

import numpy as np
import pytest

from nodulens.runtime.odds import bounded, log_odds, probability_of


def test_they_are_what_they_are_called() -> None:
    found = log_odds(np.float32([0.5, 0.8, 0.2]))
    assert found.dtype == np.float64
    assert found.tolist() == pytest.approx([0, np.log(4), -np.log(4)], abs=1e-6)


def test_nothing_is_certain() -> None:
    found = log_odds([0.0, 1.0])
    assert found.tolist() == pytest.approx([-13.8155, 13.8155], abs=1e-4)


def test_there_and_back() -> None:
    odds = np.linspace(-13, 13, 53).reshape(1, 53)
    assert probability_of(odds).shape == (1, 53)
    assert log_odds(probability_of(odds)) == pytest.approx(odds, abs=1e-9)


def test_a_probability_is_kept_near_another() -> None:
    around = np.float32([0.5, 0.5, 0.5, 0.01, 0.0])
    found = bounded(np.float32([0.99, 0.6, 0.01, 0.9, 1.0]), around, 1.0)
    assert found.dtype == np.float32
    edge = 1 / (1 + np.exp(-1))
    assert found[:3].tolist() == pytest.approx([edge, 0.6, 1 - edge], abs=1e-6)
    assert log_odds(found[3]) - log_odds(around[3]) == pytest.approx(1, abs=1e-4)
    assert found[4] < 1e-5
