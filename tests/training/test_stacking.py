from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from nodulens.analysis.judge import held, stacked
from nodulens.errors import BadData
from nodulens.training.stacking import fit_stack


def test_overconfident_answers_are_calibrated() -> None:
    rng = np.random.default_rng(0)
    true_odds = rng.normal(0.5, 1, 4000)
    truth = rng.random(4000) < expit(true_odds)
    stack = fit_stack({"network": 2 * true_odds - 1}, truth)
    found = stacked(stack, {"network": 2 * true_odds - 1})
    inside = np.abs(2 * true_odds - 1) < 6
    assert np.abs(found - true_odds)[inside].max() < 0.35
    assert stack.weights["network"] == pytest.approx(0.5, abs=0.06)


def test_two_views_of_the_truth_are_weighed_by_what_they_know() -> None:
    rng = np.random.default_rng(1)
    hidden = rng.normal(0, 1.5, 3000)
    truth = rng.random(3000) < expit(hidden)
    good, poor = hidden + rng.normal(0, 0.5, 3000), hidden + rng.normal(0, 3, 3000)
    stack = fit_stack({"network": good, "forest": poor}, truth)
    assert stack.weights["network"] > 4 * stack.weights["forest"] > 0
    assert stack.usual["network"] == pytest.approx(float(held(good).mean()))


def test_who_is_always_wrong_is_not_heard_backwards() -> None:
    rng = np.random.default_rng(2)
    hidden = rng.normal(0, 1.5, 500)
    truth = rng.random(500) < expit(hidden)
    stack = fit_stack({"network": hidden, "forest": -hidden}, truth)
    assert stack.weights["forest"] == pytest.approx(0, abs=1e-6)
    assert stack.weights["network"] > 0.5


def test_one_label_alone_teaches_nothing() -> None:
    with pytest.raises(BadData, match="same label"):
        fit_stack({"forest": np.zeros(5)}, np.ones(5, np.bool_))
