from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodulens.evaluation import bootstrap
from nodulens.evaluation.bootstrap import (
    GroupBootstrap,
    group_interval,
    in_words,
    mean,
    median,
    ratio,
)


def test_weights_keep_groups_whole() -> None:
    groups = ["a", "a", "b", "c", "c", "c"]
    (weights,) = GroupBootstrap(groups, draws=50).weights()
    assert weights.shape == (50, 6)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 3] == weights[:, 4]).all()
    np.testing.assert_array_equal(weights[:, [0, 2, 3]].sum(axis=1), 3)


def test_blocks_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [str(i % 7) for i in range(20)]
    whole = np.concatenate(list(GroupBootstrap(groups, draws=100).weights()))
    monkeypatch.setattr(bootstrap, "_BLOCK", 60)
    blocks = list(GroupBootstrap(groups, draws=100).weights())
    assert len(blocks) > 30
    np.testing.assert_array_equal(np.concatenate(blocks), whole)


whole_numbers = st.lists(st.integers(0, 3), min_size=8, max_size=8).filter(any)
values_of_eight = st.lists(st.floats(-5, 5), min_size=8, max_size=8)


@given(values_of_eight, whole_numbers)
def test_weighted_statistics_equal_those_of_the_repeated_sample(
    values: list[float], counts: list[int]
) -> None:
    sample = np.repeat(values, counts)
    weights = np.array([counts], dtype=float)
    assert mean(values)(weights)[0] == pytest.approx(sample.mean(), abs=1e-9)
    assert median(values)(weights)[0] == pytest.approx(np.median(sample), abs=1e-9)


def test_ratio_pools_before_dividing() -> None:
    assert ratio([1, 3], [2, 10])(np.ones((1, 2)))[0] == pytest.approx(4 / 12)
    assert np.isnan(ratio([1], [0])(np.ones((1, 1)))[0])


def test_same_seed_same_interval() -> None:
    values = np.random.default_rng(0).uniform(size=30).tolist()
    groups = [str(i // 2) for i in range(30)]
    first = group_interval(values, groups, seed=5)
    assert first == group_interval(values, groups, seed=5)
    assert first != group_interval(values, groups, seed=6)
    assert first.value == pytest.approx(np.mean(values))
    assert first.low is not None
    assert first.high is not None
    assert first.value is not None
    assert first.low < first.value < first.high


def test_interval_equals_the_formula_for_independent_normal_values() -> None:
    values = np.random.default_rng(1).normal(size=400)
    estimate = group_interval(values.tolist(), [str(i) for i in range(400)], draws=4000)
    half = 1.96 * values.std() / 20
    assert estimate.low == pytest.approx(values.mean() - half, abs=0.01)
    assert estimate.high == pytest.approx(values.mean() + half, abs=0.01)


def test_clusters_widen_the_interval_and_only_then_it_covers() -> None:
    """40 patients with 5 nearly equal images each: the truth 0 lies in 95 % of honest intervals."""
    generator = np.random.default_rng(2)
    patients = [str(i // 5) for i in range(200)]
    images = [str(i) for i in range(200)]
    clustered_hits = naive_hits = 0
    repeats = 150
    for _ in range(repeats):
        values = np.repeat(generator.normal(size=40), 5) + 0.1 * generator.normal(size=200)
        clustered = group_interval(values.tolist(), patients, draws=300)
        naive = group_interval(values.tolist(), images, draws=300)
        assert clustered.low is not None
        assert clustered.high is not None
        assert naive.low is not None
        assert naive.high is not None
        assert clustered.high - clustered.low > 1.5 * (naive.high - naive.low)
        clustered_hits += clustered.low <= 0 <= clustered.high
        naive_hits += naive.low <= 0 <= naive.high
    assert clustered_hits / repeats == pytest.approx(0.94, abs=0.05)
    assert naive_hits / repeats < 0.75


def test_values_that_are_missing_are_left_out_and_counted() -> None:
    estimate = group_interval([1.0, None, 3.0], ["a", "b", "c"])
    assert (estimate.value, estimate.images, estimate.groups) == (2.0, 2, 2)


def test_no_interval_without_two_groups() -> None:
    estimate = group_interval([0.2, 0.4], ["a", "a"])
    assert estimate.value == pytest.approx(0.3)
    assert (estimate.low, estimate.high) == (None, None)
    assert group_interval([None], ["a"]).to_json() == {
        "value": None,
        "low": None,
        "high": None,
        "images": 0,
        "groups": 0,
    }


def test_undefined_draws_are_counted() -> None:
    # Three groups: with probability (2/3)³ a draw misses the one that carries the denominator.
    estimate = GroupBootstrap(["a", "b", "c"], draws=2000).estimate(ratio([1, 0, 0], [1, 0, 0]))
    assert (estimate.low, estimate.high) == (1, 1)
    assert estimate.undefined_draws / 2000 == pytest.approx(8 / 27, abs=0.03)
    assert estimate.to_json()["undefined_draws"] == estimate.undefined_draws


def test_figures_in_words() -> None:
    whole = {"value": 0.8126, "low": 0.7964, "high": 0.8289}
    assert in_words(whole) == "0.813 [0.796, 0.829]"
    assert in_words(whole | {"low": None, "high": None}) == in_words({"value": 0.8126}) == "0.813"
    assert in_words({"value": None, "low": None}) == "not defined"
