"""Are two areas under the ROC curve different? DeLong's test, with images of a patient together.

DeLong, DeLong and Clarke-Pearson (Biometrics 1988, 44:837) for images that are independent;
Obuchowski (Biometrics 1997, 53:567) for images in groups. With one image a group, both are the same
but for the factors n/(n − 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata


@dataclass(frozen=True)
class AucDifference:
    """Two paired areas under the curve and what lies between them.

    Attributes:
        first, second: the areas.
        difference: first less second.
        low, high: its 95 % interval, by the normal distribution.
        p_value: two-sided, of no difference; 1 where the answers order the images alike.
    """

    first: float
    second: float
    difference: float
    low: float
    high: float
    p_value: float


def compare_auc(
    labels: NDArray[np.bool_],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    groups: Sequence[str],
) -> AucDifference:
    """Compare two answers to the same images.

    Args:
        labels: (n,), true for the positive class.
        first: answers (n,), higher for the positive class; ties count half.
        second: likewise; or (k, n), several answers, whose mean area is compared.
        groups: of each image.

    Raises:
        ValueError: all labels are alike, so that there is no curve.
    """
    if labels.all() or not labels.any():
        raise ValueError("all images have the same label; there is no ROC curve")
    one = _placements(labels, first)
    # An area is a mean of placements, and the mean of areas that of the mean placements.
    other = np.mean([_placements(labels, each) for each in np.atleast_2d(second)], axis=0)
    area, other_area = float(one[labels].mean()), float(other[labels].mean())
    difference = area - other_area
    spread = float(np.sqrt(_variance(labels, one - other, difference, groups)))
    reach = float(norm.ppf(0.975)) * spread
    return AucDifference(
        first=area,
        second=other_area,
        difference=difference,
        low=difference - reach,
        high=difference + reach,
        p_value=float(2 * norm.sf(abs(difference) / spread)) if spread else float(difference == 0),
    )


def _placements(labels: NDArray[np.bool_], answers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each image the share of the other class that it is rightly ordered against."""
    positives, negatives = np.count_nonzero(labels), np.count_nonzero(~labels)
    among_all, among_own = rankdata(answers), np.empty(len(answers))
    for own in (labels, ~labels):
        among_own[own] = rankdata(answers[own])
    below = among_all - among_own  # how many of the other class have a lower answer
    return np.where(labels, below / negatives, 1 - below / positives)


def _variance(
    labels: NDArray[np.bool_],
    placements: NDArray[np.float64],
    area: float,
    groups: Sequence[str],
) -> float:
    """Return the variance of an area, or of a difference of areas, from placements (n,)."""
    names, member = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    positive, negative = (
        np.bincount(member[own], placements[own] - area, len(names)) / np.count_nonzero(own)
        for own in (labels, ~labels)
    )
    of_positive, of_negative = (len(np.unique(member[own])) for own in (labels, ~labels))
    return float(
        _unbiased(of_positive) * (positive**2).sum()
        + _unbiased(of_negative) * (negative**2).sum()
        + 2 * _unbiased(len(names)) * (positive * negative).sum()
    )


def _unbiased(groups: int) -> float:
    """Return n/(n − 1); 0 for a single group, which has no spread that could be estimated."""
    return groups / (groups - 1) if groups > 1 else 0.0
