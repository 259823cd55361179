"""The points of curves that are drawn of a classification; drawing is the page's business."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nodulens.evaluation.classification import Labels, Probabilities


def roc_points(
    labels: Labels, probabilities: Probabilities
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the corners of the ROC curve, from (0, 0) to (1, 1).

    Points on a straight line between others are left out; equal probabilities are one step. The
    area under the line through them is the AUC.

    Args:
        labels: boolean (n,), true for the positive class; both classes occur.
        probabilities: of the positive class, (n,).

    Returns:
        False positive rates (k,) and true positive rates (k,), both rising.
    """
    order = np.argsort(-probabilities, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(probabilities[order])), labels.size - 1)
    positives = np.append(0, labels[order].cumsum()[ends])
    negatives = np.append(0, (~labels[order]).cumsum()[ends])
    up, right = np.diff(positives), np.diff(negatives)
    turns = up[1:] * right[:-1] != up[:-1] * right[1:]
    corner = np.concatenate([[True], turns, [True]])
    return negatives[corner] / negatives[-1], positives[corner] / positives[-1]
