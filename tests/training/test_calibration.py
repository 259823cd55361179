from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodulens.training.calibration import calibrate, temperature


def sample(true_temperature: float, count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    calibrated = generator.normal(0.5, 1.5, count)
    truth = generator.random(count) < 1 / (1 + np.exp(-calibrated))
    return calibrated * true_temperature, truth


@given(st.floats(0.3, 4))
def test_finds_the_temperature_that_the_answers_were_heated_by(true_temperature: float) -> None:
    log_odds, truth = sample(true_temperature)
    assert temperature(log_odds, truth) == pytest.approx(true_temperature, rel=0.1)


def test_overconfident_answers_get_better_even_cross_fitted() -> None:
    log_odds, truth = sample(4.0, 500)
    folds = [number % 5 for number in range(500)]
    result = calibrate(log_odds, truth, folds)
    assert result["cross_fitted"]["log_loss"] < result["as_trained"]["log_loss"]
    assert result["cross_fitted"]["brier"] < result["as_trained"]["brier"]


def test_one_fold_cannot_be_cross_fitted() -> None:
    log_odds, truth = sample(2.0, 100)
    assert calibrate(log_odds, truth, [0] * 100)["cross_fitted"] is None


def test_the_prior_is_not_heated() -> None:
    evidence, _ = sample(1.0)
    prior = 1.8
    truth = np.random.default_rng(1).random(len(evidence)) < 1 / (1 + np.exp(-evidence - prior))
    heated = evidence * 3 + prior
    assert temperature(heated, truth, prior) == pytest.approx(3, rel=0.15)
    result = calibrate(heated, truth, [number % 3 for number in range(len(truth))], prior)
    assert result["temperature"] == pytest.approx(3, rel=0.15)
    assert result["cross_fitted"]["log_loss"] < result["as_trained"]["log_loss"]
