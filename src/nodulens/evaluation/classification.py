"""How well a probability separates two classes, always seen beside an answer that never looks.

On an uneven set a constant answer scores high on some metrics: where 288 of 349 nodules are
suspicious, "suspicious" every time has F1 0.904 and accuracy 0.825. So each metric is computed for
the constant answers as well.

Metrics are statistics of weights (:mod:`nodulens.evaluation.bootstrap`), computed for all draws at
once; with weights of 1 they are scikit-learn's, which the tests check.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nodulens.evaluation.bootstrap import (
    DRAWS,
    Estimate,
    GroupBootstrap,
    Statistic,
    Weights,
    divide,
    mean,
)
from nodulens.evaluation.subgroups import Assigned, members

SENSITIVITY = 0.90
"""The sensitivity at which specificity is read off."""
BINS = 10
"""Bins of the calibration error."""
SUBGROUP_METRICS = ("auc", "balanced_accuracy", "sensitivity", "specificity", "brier")
"""What is said of each subgroup; the others need more images than most subgroups have."""

Labels = NDArray[np.bool_]
Probabilities = NDArray[np.float64]


def statistics(
    labels: Labels, probabilities: Probabilities, threshold: ArrayLike
) -> dict[str, Statistic]:
    """Return every metric by name, as a statistic of weights.

    ``auc`` area under the ROC curve, ties count half; ``average_precision`` without interpolation;
    ``specificity_at_sensitivity_0.90`` at the highest threshold that reaches that sensitivity,
    found on the same images, which is optimistic on few; ``brier`` mean squared error of the
    probability; ``calibration_error`` expected calibration error over equal-mass bins
    (:func:`calibration_bins`). The others need a decision: positive from ``threshold`` up. ``mcc``
    is 0 where the decisions or the labels are all alike, as usual.

    Args:
        labels: boolean (n,), true for the positive class.
        probabilities: of the positive class, (n,), from 0 to 1.
        threshold: least probability of a positive decision, one for all or one an image, (n,).
    """
    decisions = probabilities >= np.asarray(threshold, np.float64)
    error = probabilities - labels
    counts = _Counts(labels, decisions)
    ranking = _Ranking(labels, probabilities)
    return {
        "auc": ranking.auc,
        "average_precision": ranking.average_precision,
        "balanced_accuracy": counts.balanced_accuracy,
        "mcc": counts.mcc,
        "f1": counts.f1,
        "sensitivity": counts.sensitivity,
        "specificity": counts.specificity,
        "accuracy": mean(decisions == labels),
        f"specificity_at_sensitivity_{SENSITIVITY:.2f}": ranking.specificity_at_sensitivity,
        "brier": mean(error**2),
        "calibration_error": _calibration_error(error, calibration_bins(probabilities)),
    }


def classification_metrics(
    labels: Labels,
    probabilities: Probabilities,
    groups: Sequence[str],
    *,
    threshold: ArrayLike,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Estimate]:
    """Return every metric of :func:`statistics` with its interval by groups.

    The calibration error's interval leans upwards, as resampling adds noise to each bin and the
    error is a sum of absolute values.
    """
    bootstrap = GroupBootstrap(groups, draws=draws, seed=seed)
    return {
        name: bootstrap.estimate(statistic)
        for name, statistic in statistics(labels, probabilities, threshold).items()
    }


def subgroup_metrics(
    labels: Labels,
    probabilities: Probabilities,
    groups: Sequence[str],
    assigned: Sequence[Assigned],
    *,
    threshold: ArrayLike,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Any]:
    """Return :data:`SUBGROUP_METRICS` for each value of each grouping, in plain data.

    Each value has its ``images``, ``groups`` and ``positives`` too. A metric that needs both
    classes has the value None where there is one class only.

    Args:
        labels, probabilities, groups, threshold, draws, seed: as above.
        assigned: the subgroups of each image.
    """
    least = np.broadcast_to(np.asarray(threshold, np.float64), probabilities.shape)
    result: dict[str, Any] = {}
    for name, parts in members(assigned).items():
        for value, places in parts.items():
            part = np.array(places)
            known = statistics(labels[part], probabilities[part], least[part])
            bootstrap = GroupBootstrap([groups[place] for place in places], draws=draws, seed=seed)
            result.setdefault(name, {})[value] = {
                "images": bootstrap.images,
                "groups": bootstrap.groups,
                "positives": int(labels[part].sum()),
                **{
                    metric: bootstrap.estimate(known[metric]).to_json()
                    for metric in SUBGROUP_METRICS
                },
            }
    return result


def constant_answers(labels: Labels, positive: str, negative: str) -> dict[str, Probabilities]:
    """Return the answers that never look at an image, as probabilities (n,).

    Args:
        labels: boolean (n,), true for the positive class.
        positive: name of the positive class.
        negative: name of the other.

    Returns:
        ``always-<positive>`` (1), ``always-<negative>`` (0) and ``prevalence`` (the share of
        positives in these very labels).
    """
    return {
        f"always-{positive}": np.ones(labels.size),
        f"always-{negative}": np.zeros(labels.size),
        "prevalence": np.full(labels.size, labels.mean()),
    }


def calibration_bins(probabilities: Probabilities, bins: int = BINS) -> NDArray[np.intp]:
    """Return the bin (n,) of each probability; bins hold about the same number of images.

    Equal probabilities share a bin, so there may be fewer bins than asked for: a constant answer
    has one.
    """
    # Edges that are samples themselves, each the top of its bin: equal values cannot come apart.
    shares = np.arange(1, bins) / bins
    tops = np.unique(np.quantile(probabilities, shares, method="inverted_cdf"))
    return np.searchsorted(tops, probabilities, side="left")


def reliability(labels: Labels, probabilities: Probabilities) -> list[dict[str, Any]]:
    """Return what the calibration error is made of, bin by bin, lowest probability first."""
    member = calibration_bins(probabilities)
    table = []
    for index in np.unique(member):
        inside = member == index
        table.append(
            {
                "images": int(inside.sum()),
                "lowest": float(probabilities[inside].min()),
                "highest": float(probabilities[inside].max()),
                "mean_probability": float(probabilities[inside].mean()),
                "share_positive": float(labels[inside].mean()),
            }
        )
    return table


class _Counts:
    """Statistics of the confusion matrix."""

    def __init__(self, labels: Labels, decisions: Labels) -> None:
        self._cells = np.stack(
            [labels & decisions, labels & ~decisions, ~labels & ~decisions, ~labels & decisions],
            axis=1,
        ).astype(np.float64)

    def _count(self, weights: Weights) -> list[NDArray[np.float64]]:
        """Return true positives, false negatives, true negatives, false positives."""
        return list((weights @ self._cells).T)

    def sensitivity(self, weights: Weights) -> NDArray[np.float64]:
        tp, fn, _, _ = self._count(weights)
        return divide(tp, tp + fn)

    def specificity(self, weights: Weights) -> NDArray[np.float64]:
        _, _, tn, fp = self._count(weights)
        return divide(tn, tn + fp)

    def balanced_accuracy(self, weights: Weights) -> NDArray[np.float64]:
        return (self.sensitivity(weights) + self.specificity(weights)) / 2

    def f1(self, weights: Weights) -> NDArray[np.float64]:
        tp, fn, _, fp = self._count(weights)
        return divide(2 * tp, 2 * tp + fp + fn)

    def mcc(self, weights: Weights) -> NDArray[np.float64]:
        tp, fn, tn, fp = self._count(weights)
        spread = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
        return np.where(spread > 0, divide(tp * tn - fp * fn, spread), 0.0)


class _Ranking:
    """Statistics of the order of the probabilities, equal ones taken together."""

    def __init__(self, labels: Labels, probabilities: Probabilities) -> None:
        self._order = np.argsort(-probabilities, kind="stable")
        ordered = probabilities[self._order]
        self._labels = labels[self._order]
        self._starts = np.flatnonzero(np.diff(ordered, prepend=np.inf))

    def _steps(self, weights: Weights) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return positives and negatives at each distinct probability, highest first."""
        ordered = weights[:, self._order]
        return (
            np.add.reduceat(ordered * self._labels, self._starts, axis=1),
            np.add.reduceat(ordered * ~self._labels, self._starts, axis=1),
        )

    def auc(self, weights: Weights) -> NDArray[np.float64]:
        positives, negatives = self._steps(weights)
        below = negatives.sum(axis=1, keepdims=True) - negatives.cumsum(axis=1)
        won = (positives * (below + negatives / 2)).sum(axis=1)
        return divide(won, positives.sum(axis=1) * negatives.sum(axis=1))

    def average_precision(self, weights: Weights) -> NDArray[np.float64]:
        positives, negatives = self._steps(weights)
        true, false = positives.cumsum(axis=1), negatives.cumsum(axis=1)
        precision = true / np.maximum(true + false, 1)
        return divide((positives * precision).sum(axis=1), true[:, -1])

    def specificity_at_sensitivity(self, weights: Weights) -> NDArray[np.float64]:
        positives, negatives = self._steps(weights)
        true, false = positives.cumsum(axis=1), negatives.cumsum(axis=1)
        # Counts are whole numbers; the small amount keeps 0.9 · 10 from lying above 9.
        reached = true >= SENSITIVITY * true[:, -1:] - 1e-9
        at = reached.argmax(axis=1)
        total = false[:, -1]
        kept = total - np.take_along_axis(false, at[:, None], axis=1)[:, 0]
        return np.where(true[:, -1] > 0, divide(kept, total), np.nan)


def _calibration_error(error: NDArray[np.float64], bins: NDArray[np.intp]) -> Statistic:
    by_bin = error[:, None] * (bins[:, None] == np.unique(bins))

    def statistic(weights: Weights) -> NDArray[np.float64]:
        return divide(np.abs(weights @ by_bin).sum(axis=1), weights.sum(axis=1))

    return statistic
