"""Probabilities as log-odds, in which answers are averaged, shifted and calibrated."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

_SUREST = 1e-6
"""Least distance of a probability from 0 and 1: nothing is surer than that."""


def log_odds(probability: ArrayLike) -> NDArray[np.float64]:
    """Return the log-odds of probabilities 0…1, float64 of the same shape, within ±13.8."""
    sure = np.asarray(probability, np.float64).clip(_SUREST, 1 - _SUREST)
    result: NDArray[np.float64] = logit(sure)
    return result


def probability_of(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probabilities of log-odds, float64 of the same shape."""
    result: NDArray[np.float64] = expit(odds)
    return result


def bounded(
    probability: NDArray[np.float32], around: NDArray[np.float32], reach: float
) -> NDArray[np.float32]:
    """Return probabilities no farther than ``reach`` in log-odds from those ``around`` them."""
    centre = log_odds(around)
    odds = log_odds(probability).clip(centre - reach, centre + reach)
    return probability_of(odds).astype(np.float32)
