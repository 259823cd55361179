"""The page of a classification: figures, curves, subgroups and deferral at one glance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nodulens.evaluation.classification import Labels, Probabilities
from nodulens.evaluation.curves import roc_points
from nodulens.evaluation.report import write_page


def write_classification_page(
    path: Path, metrics: dict[str, Any], labels: Labels, probabilities: Probabilities
) -> None:
    """Write the page: one HTML file that refers to nothing outside itself.

    Args:
        path: of the page.
        metrics: what ``evaluate_classification`` returns.
        labels: boolean (n,), true for the positive class.
        probabilities: of the positive class, (n,), for the ROC curve.
    """
    corners = zip(*(rates.tolist() for rates in roc_points(labels, probabilities)), strict=True)
    write_page(path, "classification.html", metrics=metrics, roc=list(corners))
