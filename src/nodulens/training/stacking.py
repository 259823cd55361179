"""Weigh the answers of a classification's parts: calibration and fusion in one.

A logistic regression on the parts' log-odds (stacking: Wolpert 1992, Neural Networks 5:241; with
weights of at least zero: Breiman 1996, Machine Learning 24:49), found on images that the parts had
not seen. With one part it is Platt's calibration (1999).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from nodulens.analysis.judge import held
from nodulens.errors import BadData
from nodulens.runtime.bundle import Part, Stack

_RIDGE = 1.0
"""Of the weights, against the log loss summed over the images: on a few hundred it matters only
where the images leave a weight open."""


def fit_stack(odds: Mapping[Part, NDArray[np.float64]], truth: NDArray[np.bool_]) -> Stack:
    """Find the weights of the parts.

    Args:
        odds: log-odds of the last label by part, (n,) each, from parts that had not seen the
            images.
        truth: whether it is the last label, (n,).

    Raises:
        BadData: all images have the same label.
    """
    if truth.all() or not truth.any():
        raise BadData("all images have the same label; there is nothing to weigh answers by")
    names = list(odds)
    heard = np.stack([held(odds[name]) for name in names], axis=1)
    usual = heard.mean(axis=0)
    centred = heard - usual

    def loss(unknown: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = unknown[:-1], unknown[-1]
        total = centred @ weights + bias
        cost = np.logaddexp(0, np.where(truth, -total, total)).sum() + _RIDGE * weights @ weights
        error = expit(total) - truth
        slope = np.append(centred.T @ error + 2 * _RIDGE * weights, error.sum())
        return float(cost), slope

    share = truth.mean()
    start = np.append(np.full(len(names), 1 / len(names)), np.log(share / (1 - share)))
    bounds = [(0.0, None)] * len(names) + [(None, None)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = {name: float(value) for name, value in zip(names, found[:-1], strict=True)}
    return Stack(
        weights=weights,
        bias=float(found[-1] - usual @ found[:-1]),
        usual={name: float(value) for name, value in zip(names, usual, strict=True)},
    )
