from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodulens.evaluation.bootstrap import Weights
from nodulens.evaluation.classification import (
    calibration_bins,
    classification_metrics,
    constant_answers,
    reliability,
    statistics,
    subgroup_metrics,
)

SPECIFICITY = "specificity_at_sensitivity_0.90"


def values(
    labels: np.ndarray, probabilities: np.ndarray, weights: Weights, threshold: float = 0.5
) -> dict[str, float]:
    return {
        name: float(statistic(weights)[0])
        for name, statistic in statistics(labels, probabilities, threshold).items()
    }


def test_by_hand() -> None:
    labels = np.array([True, True, False, True, False])
    probabilities = np.array([0.9, 0.8, 0.7, 0.4, 0.1])
    result = values(labels, probabilities, np.ones((1, 5)))
    assert result["auc"] == pytest.approx(5 / 6)
    assert result["average_precision"] == pytest.approx((1 + 1 + 3 / 4) / 3)
    assert result["sensitivity"] == pytest.approx(2 / 3)
    assert result["specificity"] == pytest.approx(1 / 2)
    assert result["balanced_accuracy"] == pytest.approx(7 / 12)
    assert result["accuracy"] == pytest.approx(3 / 5)
    assert result["f1"] == pytest.approx(4 / 6)
    assert result["mcc"] == pytest.approx((2 * 1 - 1 * 1) / np.sqrt(3 * 3 * 2 * 2))
    assert result["brier"] == pytest.approx((0.01 + 0.04 + 0.49 + 0.36 + 0.01) / 5)
    # All three positives are needed for 0.90, which lets one negative of two in.
    assert result[SPECIFICITY] == pytest.approx(1 / 2)
    # Ten quantile bins of five values hold one value each.
    assert result["calibration_error"] == pytest.approx((0.1 + 0.2 + 0.7 + 0.6 + 0.1) / 5)


def test_the_threshold_itself_is_positive() -> None:
    labels = np.array([True, False])
    result = values(labels, np.array([0.5, 0.2]), np.ones((1, 2)), threshold=0.5)
    assert result["sensitivity"] == 1


@st.composite
def samples(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    size = draw(st.integers(4, 40))
    labels = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    # Few distinct values, so that ties are common.
    grades = draw(st.lists(st.integers(0, 8), min_size=size, max_size=size))
    counts = np.array(draw(st.lists(st.integers(0, 3), min_size=size, max_size=size)), dtype=float)
    labels[:2], counts[:2] = (True, False), 1
    return labels, np.array(grades) / 8, counts


@pytest.mark.train
@given(samples())
def test_scikit_learn_agrees(sample: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    labels, probabilities, counts = sample
    result = values(labels, probabilities, counts[None])
    decisions = probabilities >= 0.5
    weighed = {"sample_weight": counts}
    expected = {
        "auc": metrics.roc_auc_score(labels, probabilities, **weighed),
        "average_precision": metrics.average_precision_score(labels, probabilities, **weighed),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, decisions, **weighed),
        "mcc": metrics.matthews_corrcoef(labels, decisions, **weighed),
        "f1": metrics.f1_score(labels, decisions, zero_division=0, **weighed),
        "sensitivity": metrics.recall_score(labels, decisions, **weighed),
        "specificity": metrics.recall_score(~labels, ~decisions, **weighed),
        "accuracy": metrics.accuracy_score(labels, decisions, **weighed),
        "brier": metrics.brier_score_loss(labels, probabilities, **weighed),
    }
    false_rate, true_rate, _ = metrics.roc_curve(
        labels, probabilities, drop_intermediate=False, **weighed
    )
    expected[SPECIFICITY] = 1 - false_rate[true_rate >= 0.9 - 1e-12].min()
    for name, value in expected.items():
        assert result[name] == pytest.approx(value, abs=1e-9), name


@given(samples())
def test_weights_mean_repetition(sample: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    labels, probabilities, counts = sample
    times = counts.astype(int)
    weighed = values(labels, probabilities, counts[None])
    repeated = values(
        np.repeat(labels, times), np.repeat(probabilities, times), np.ones((1, times.sum()))
    )
    # The bins of the calibration error belong to the sample itself and stay as they are.
    del weighed["calibration_error"], repeated["calibration_error"]
    assert weighed == pytest.approx(repeated, nan_ok=True)


def test_the_published_set_s_constant_answer_beats_the_published_figures() -> None:
    """61 benign and 288 suspicious: F1 0.904 and accuracy 0.825 without looking."""
    labels = np.arange(349) >= 61
    groups = [str(i) for i in range(349)]
    results = {
        name: classification_metrics(labels, answer, groups, threshold=0.5, draws=200)
        for name, answer in constant_answers(labels, "suspicious", "benign").items()
    }
    suspicious = results["always-suspicious"]
    assert round(suspicious["f1"].value or 0, 3) == 0.904
    assert round(suspicious["accuracy"].value or 0, 3) == 0.825
    for name, result in results.items():
        assert result["auc"].value == 0.5, name
        assert result["mcc"].value == 0, name
        assert result["balanced_accuracy"].value == 0.5, name
        assert result[SPECIFICITY].value == 0, name
        assert result["average_precision"].value == pytest.approx(288 / 349), name
    assert results["always-benign"]["f1"].value == 0
    assert results["always-benign"]["specificity"].value == 1
    assert results["prevalence"]["calibration_error"].value == pytest.approx(0)
    assert results["prevalence"]["brier"].value == pytest.approx(61 * 288 / 349**2)
    assert suspicious["calibration_error"].value == pytest.approx(61 / 349)


def test_interval_holds_the_value_and_narrows_with_more_patients() -> None:
    generator = np.random.default_rng(0)
    widths = []
    for size in (60, 600):
        labels = generator.uniform(size=size) < 0.7
        probabilities = np.clip(0.5 + 0.15 * labels + 0.2 * generator.normal(size=size), 0, 1)
        groups = [str(i // 2) for i in range(size)]
        auc = classification_metrics(labels, probabilities, groups, threshold=0.5)["auc"]
        assert auc.low is not None
        assert auc.high is not None
        assert auc.value is not None
        assert auc.low < auc.value < auc.high
        widths.append(auc.high - auc.low)
    assert widths[1] < widths[0] / 2


def test_one_class_leaves_the_ranking_undefined() -> None:
    labels = np.ones(4, dtype=bool)
    groups = ["a", "b", "c", "d"]
    result = classification_metrics(labels, np.linspace(0, 1, 4), groups, threshold=0.5)
    for name in ("auc", "specificity", "balanced_accuracy", SPECIFICITY):
        assert result[name].value is None
    assert result["sensitivity"].value == 0.5


def test_a_subgroup_has_the_metrics_of_its_images_alone() -> None:
    generator = np.random.default_rng(3)
    labels = generator.uniform(size=90) < 0.6
    probabilities = np.clip(0.5 + 0.2 * labels + 0.2 * generator.normal(size=90), 0, 1)
    groups = [str(i // 2) for i in range(90)]
    part = np.arange(90) % 3 == 0
    assigned = [{"sex": "male" if inside else "female"} for inside in part]
    found = subgroup_metrics(labels, probabilities, groups, assigned, threshold=0.6, draws=100)
    men = found["sex"]["male"]
    alone = classification_metrics(
        labels[part],
        probabilities[part],
        [group for group, inside in zip(groups, part, strict=True) if inside],
        threshold=0.6,
        draws=100,
    )
    assert (men["images"], men["positives"]) == (30, labels[part].sum())
    for name in ("auc", "balanced_accuracy", "sensitivity", "specificity", "brier"):
        assert men[name] == alone[name].to_json()
    assert men["brier"]["value"] == pytest.approx(
        ((probabilities - labels)[part] ** 2).mean(), abs=1e-6
    )
    right = (probabilities[part & labels] >= 0.6).mean()
    assert men["sensitivity"]["value"] == pytest.approx(right, abs=1e-6)
    assert found["sex"]["female"]["images"] == 60


def test_a_subgroup_of_one_class_has_no_auc() -> None:
    labels = np.array([True, True, False, False])
    assigned = [{"tirads": "5"}, {"tirads": "5"}, {"tirads": "2"}, {}]
    found = subgroup_metrics(
        labels, np.array([0.9, 0.4, 0.2, 0.1]), list("abcd"), assigned, threshold=0.5, draws=20
    )["tirads"]
    assert list(found) == ["2", "5"]
    assert found["5"]["auc"]["value"] is None
    assert found["5"]["sensitivity"]["value"] == 0.5
    assert (found["2"]["images"], found["2"]["positives"]) == (1, 0)


def test_bins_have_equal_mass_and_keep_ties_together() -> None:
    probabilities = np.random.default_rng(0).uniform(size=200)
    np.testing.assert_array_equal(np.bincount(calibration_bins(probabilities)), 20)
    tied = np.repeat([0.2, 0.9], [150, 50])
    assert len({*calibration_bins(tied)[:150]}) == 1
    assert calibration_bins(tied)[0] != calibration_bins(tied)[-1]


def test_calibration_error_is_zero_where_probabilities_are_shares() -> None:
    labels = np.array([True, False, False, False, True, True, True, False])
    probabilities = np.array([0.25] * 4 + [0.75] * 4)
    assert values(labels, probabilities, np.ones((1, 8)))["calibration_error"] == 0
    table = reliability(labels, probabilities)
    assert [row["images"] for row in table] == [4, 4]
    assert [row["share_positive"] for row in table] == [0.25, 0.75]
