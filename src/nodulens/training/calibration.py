"""Temperature scaling (Guo et al. 2017, arXiv 1706.04599) on out-of-fold answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from nodulens.runtime.odds import probability_of


def calibrate(
    log_odds: NDArray[np.float64],
    truth: NDArray[np.bool_],
    folds: Sequence[int],
    prior: ArrayLike = 0.0,
) -> dict[str, Any]:
    """Find the temperature, and say honestly what it brings.

    Args:
        log_odds: of the positive answer, (N,), from models that had not seen the image.
        truth: whether the positive label is right, (N,).
        folds: number of the fold of each image, (N,).
        prior: the part of ``log_odds`` that says how common the label is, a number or (N,), where
            that was put into the answers after training; the temperature leaves it alone.

    Returns:
        ``temperature`` found on all images; ``log_loss`` and ``brier`` as trained and, as
        ``cross_fitted``, when each fold's temperature comes from the other folds. None there with
        fewer than two folds.
    """
    common = np.broadcast_to(np.asarray(prior, np.float64), log_odds.shape)
    result: dict[str, Any] = {
        "method": "temperature",
        "temperature": temperature(log_odds, truth, common),
        "images": len(truth),
        "as_trained": _scores(log_odds, truth),
        "cross_fitted": None,
    }
    numbers = np.asarray(folds)
    if len(set(folds)) > 1:
        scaled = log_odds.copy()
        for fold in set(folds):
            here = numbers == fold
            found = temperature(log_odds[~here], truth[~here], common[~here])
            scaled[here] = (log_odds[here] - common[here]) / found + common[here]
        result["cross_fitted"] = _scores(scaled, truth)
    return result


def temperature(
    log_odds: NDArray[np.float64], truth: NDArray[np.bool_], prior: ArrayLike = 0.0
) -> float:
    """Return the T in 0.05…20 for which ``(log_odds − prior) / T + prior`` has least log loss."""
    common = np.asarray(prior, np.float64)
    found = minimize_scalar(
        lambda log_t: _log_loss((log_odds - common) / np.exp(log_t) + common, truth),
        bounds=(np.log(0.05), np.log(20)),
        method="bounded",
    )
    return float(np.exp(found.x))


def _log_loss(log_odds: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    signed = np.where(truth, log_odds, -log_odds)
    return float(np.logaddexp(0, -signed).mean())


def _scores(log_odds: NDArray[np.float64], truth: NDArray[np.bool_]) -> dict[str, float]:
    probability = probability_of(log_odds)
    return {
        "log_loss": _log_loss(log_odds, truth),
        "brier": float(((probability - truth) ** 2).mean()),
    }
