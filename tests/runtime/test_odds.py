from __future__ import annotations

import numpy as np
import pytest

from nodulens.runtime.odds import log_odds, probability_of


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
