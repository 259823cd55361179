from __future__ import annotations

import numpy as np
import pytest

from nodulens.evaluation.conformal import Limits, defer, find_limits


def sample(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.random(count) < 0.8
    odds = generator.normal(0, 1, count) + np.where(labels, 0.8, -0.8)
    return labels, 1 / (1 + np.exp(-odds))


@pytest.mark.parametrize("error", [0.05, 0.1, 0.3])
def test_each_class_is_covered_as_promised_on_new_images(error: float) -> None:
    covered = []
    for seed in range(60):
        limits = find_limits(*sample(seed, 150), error)
        labels, probabilities = sample(1000 + seed, 500)
        covered.append(
            (
                (probabilities[labels] >= limits.positive).mean(),
                (probabilities[~labels] <= limits.negative).mean(),
            )
        )
    for found in np.mean(covered, axis=0):
        # At least what is promised, and not much more: one image of the class in n + 1.
        assert 1 - error - 0.01 <= found <= 1 - error + 0.04


def test_one_possible_class_is_the_decision_and_else_it_is_deferred() -> None:
    probabilities = np.asarray([0.1, 0.5, 0.9])
    assert Limits(negative=0.6, positive=0.4).decide(probabilities).tolist() == [0, -1, 1]
    assert Limits(negative=0.4, positive=0.6).decide(probabilities).tolist() == [0, -1, 1]
    assert Limits(negative=0.5, positive=0.8).decide(probabilities).tolist() == [0, 0, 1]


def test_with_too_few_images_everything_is_possible() -> None:
    labels = np.asarray([True] * 8 + [False] * 30)
    limits = find_limits(labels, np.linspace(0, 1, 38), 0.1)
    assert limits.positive == -np.inf
    assert np.isfinite(limits.negative)
    assert set(limits.decide(np.linspace(0, 1, 11)).tolist()) <= {-1, 1}


def test_what_deferring_brings_is_judged_on_other_folds() -> None:
    labels, probabilities = sample(5, 2000)
    result = defer(labels, probabilities, [n % 5 for n in range(2000)], 0.1)
    counts = result["counts"]
    assert counts["positives"] + counts["negatives"] == 2000
    assert counts["decided"] + counts["deferred"] == 2000
    assert result["coverage_positive"] == counts["positives_covered"] / counts["positives"]
    assert result["errors_decided"] == counts["wrong"] / counts["decided"]
    assert result["coverage_positive"] == pytest.approx(0.9, abs=0.03)
    assert result["coverage_negative"] == pytest.approx(0.9, abs=0.05)
    assert 0.05 < result["deferred"] < 0.6
    wrong = np.mean((probabilities >= 0.5) != labels)
    assert result["errors_decided"] < wrong
    strict = defer(labels, probabilities, [n % 5 for n in range(2000)], 0.01)
    assert strict["deferred"] > result["deferred"]


def test_a_limit_that_is_none_is_none_in_json() -> None:
    labels = np.asarray([True] * 8 + [False] * 30)
    result = defer(labels, np.linspace(1, 0, 38), [n % 2 for n in range(38)], 0.1)
    assert result["limits"]["positive"] is None
    assert 0 < result["limits"]["negative"] < 1
