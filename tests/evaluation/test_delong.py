from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from nodulens.evaluation.bootstrap import GroupBootstrap
from nodulens.evaluation.classification import statistics
from nodulens.evaluation.delong import compare_auc

pytestmark = pytest.mark.train


def sample(seed: int, images: int = 200, each: int = 1, gap: float = 0.5) -> tuple[np.ndarray, ...]:
    """Draw labels and two answers; images of a group share much of what is right and wrong."""
    generator = np.random.default_rng(seed)
    groups = np.repeat(np.arange(images // each), each)
    labels = np.repeat(generator.random(images // each) < 0.5, each)
    shared = np.repeat(generator.normal(0, 1, (images // each, 2)), each, axis=0)
    own = generator.normal(0, 0.3 if each > 1 else 1, (images, 2))
    first = labels * 1.0 + shared[:, 0] + own[:, 0]
    second = labels * (1.0 - gap) + 0.5 * shared[:, 0] + shared[:, 1] + own[:, 1]
    return labels, first, second, groups.astype(str)


def by_definition(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """DeLong's variance of the difference, pair by pair."""
    parts = []
    for answers in (first, second):
        x, y = answers[labels], answers[~labels]
        wins = (x[:, None] > y) + 0.5 * (x[:, None] == y)
        parts.append((wins.mean(1), wins.mean(0)))
    m, n = labels.sum(), (~labels).sum()
    s10 = np.cov(np.stack([parts[0][0], parts[1][0]]))
    s01 = np.cov(np.stack([parts[0][1], parts[1][1]]))
    s = s10 / m + s01 / n
    return float(s[0, 0] + s[1, 1] - 2 * s[0, 1])


def test_areas_and_variance_are_delongs_for_independent_images() -> None:
    labels, first, second, groups = sample(0)
    first = first.round(1)  # with ties
    found = compare_auc(labels, first, second, groups)
    assert found.first == pytest.approx(roc_auc_score(labels, first))
    assert found.second == pytest.approx(roc_auc_score(labels, second))
    spread = (found.high - found.low) / (2 * 1.959964)
    assert spread**2 == pytest.approx(by_definition(labels, first, second), rel=1e-6)
    assert found.difference == pytest.approx(found.first - found.second)


def test_groups_widen_the_interval_as_the_bootstrap_does() -> None:
    labels, first, second, groups = sample(1, images=400, each=4)
    alone = compare_auc(labels, first, second, [str(n) for n in range(400)])
    together = compare_auc(labels, first, second, list(groups))
    assert together.high - together.low > 1.5 * (alone.high - alone.low)

    def difference(weights: np.ndarray) -> np.ndarray:
        one, other = (statistics(labels, a, 0.5)["auc"](weights) for a in (first, second))
        return one - other

    drawn = GroupBootstrap(list(groups), seed=3).estimate(difference)
    assert drawn.low is not None
    assert drawn.high is not None
    assert together.high - together.low == pytest.approx(drawn.high - drawn.low, rel=0.15)


def test_p_values_are_uniform_where_there_is_no_difference_and_small_where_there_is() -> None:
    same = [compare_auc(*sample(seed, gap=0.0)).p_value for seed in range(200)]
    # Both answers are as good in this draw: 5 % of the tests are wrong.
    assert 0.01 <= np.mean(np.asarray(same) < 0.05) <= 0.11
    other = [compare_auc(*sample(seed, gap=0.8)).p_value for seed in range(50)]
    assert np.mean(np.asarray(other) < 0.05) > 0.9


def test_the_same_answer_is_no_different() -> None:
    labels, first, _, groups = sample(2)
    found = compare_auc(labels, first, first * 2 + 1, groups)
    assert (found.difference, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_one_class_has_no_curve() -> None:
    with pytest.raises(ValueError, match="same label"):
        compare_auc(np.ones(3, bool), np.arange(3.0), np.arange(3.0), ["a", "b", "c"])
