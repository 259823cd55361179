"""Answers that may be "I do not know": conformal prediction of two classes.

Split conformal prediction, class by class (Vovk 2012, arXiv 1209.2673; Angelopoulos and Bates 2021,
arXiv 2107.07511): on images that the model had not seen, each class has a least probability below
which its own images fall no more often than the chosen error rate. A new image may be of every
class whose least probability it reaches. One class: that is the decision. None, or both: deferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.bool_]
Probabilities = NDArray[np.float64]


class Limits(NamedTuple):
    """When a class is possible.

    Attributes:
        negative: greatest probability of the positive class at which the negative is possible.
        positive: least probability of the positive class at which the positive is possible.
    """

    negative: float
    positive: float

    def possible(self, probabilities: Probabilities) -> tuple[Labels, Labels]:
        """Return which images may be negative, and which positive, (n,) each."""
        return probabilities <= self.negative, probabilities >= self.positive

    def decide(self, probabilities: Probabilities) -> NDArray[np.int_]:
        """Return 1 for positive, 0 for negative, −1 for deferred, (n,)."""
        negative, positive = self.possible(probabilities)
        return np.where(positive == negative, -1, positive.astype(int))


def find_limits(labels: Labels, probabilities: Probabilities, error: float) -> Limits:
    """Find the limits of both classes.

    With n images of a class, the limit is such that a further image of it is wrongly held
    impossible with a probability of at most ``error``. Too few images (n < 1/error − 1) make the
    class possible always.

    Args:
        labels: (n,), true for the positive class.
        probabilities: of the positive class, from a model that had not seen the images.
        error: highest rate of errors for each class, above 0 and below 1.
    """
    return Limits(
        negative=-_lowest(-probabilities[~labels], error),
        positive=_lowest(probabilities[labels], error),
    )


def _lowest(values: Probabilities, error: float) -> float:
    """Return the value below which a further one falls with a probability of at most ``error``."""
    place = int(np.floor(error * (len(values) + 1) + 1e-9))
    return float(np.sort(values)[place - 1]) if place > 0 else -np.inf


def defer(
    labels: Labels, probabilities: Probabilities, folds: Sequence[int], error: float
) -> dict[str, Any]:
    """Say what deferring brings, each fold judged with limits from the others.

    Args:
        labels: (n,), true for the positive class.
        probabilities: of the positive class, out of fold.
        folds: of each image.
        error: as for :func:`find_limits`.

    Returns:
        ``error`` that was chosen; ``limits`` from all images, for new ones, None where too few
        images make a class possible always; cross-fitted ``coverage_positive`` and
        ``coverage_negative``, the share of each class that was not held impossible (at least
        1 − error is promised); ``deferred``, the share without a decision; ``errors_decided``, the
        share of wrong decisions among those made, None if none was; and the ``counts`` behind
        these shares.
    """
    numbers = np.asarray(folds)
    decisions = np.empty(len(labels), int)
    possible = np.empty(len(labels), bool)
    for fold in np.unique(numbers):
        here = numbers == fold
        limits = find_limits(labels[~here], probabilities[~here], error)
        decisions[here] = limits.decide(probabilities[here])
        negative, positive = limits.possible(probabilities[here])
        possible[here] = np.where(labels[here], positive, negative)
    decided = decisions >= 0
    wrong = int((decisions != labels)[decided].sum())
    final = find_limits(labels, probabilities, error)
    return {
        "error": error,
        "limits": {
            name: value if np.isfinite(value) else None for name, value in final._asdict().items()
        },
        "coverage_positive": float(possible[labels].mean()),
        "coverage_negative": float(possible[~labels].mean()),
        "deferred": float(1 - decided.mean()),
        "errors_decided": wrong / int(decided.sum()) if decided.any() else None,
        "counts": {
            "positives": int(labels.sum()),
            "positives_covered": int(possible[labels].sum()),
            "negatives": int((~labels).sum()),
            "negatives_covered": int(possible[~labels].sum()),
            "deferred": int((~decided).sum()),
            "decided": int(decided.sum()),
            "wrong": wrong,
        },
    }
