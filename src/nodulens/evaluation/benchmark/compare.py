"""Every row of a table against its reference, on the same images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nodulens.errors import BadData
from nodulens.evaluation.benchmark.collect import Result
from nodulens.evaluation.bootstrap import group_interval
from nodulens.evaluation.delong import compare_auc
from nodulens.evaluation.holm import holm
from nodulens.evaluation.permutation import permutation_p_value

_SAME = {"segmentation": ("group", "area_true_px"), "classification": ("group", "label")}
"""Columns that say of two evaluations whether they are of the same images and the same truth."""


@dataclass(frozen=True)
class Comparison:
    """A row less the reference.

    Attributes:
        difference: of Dice or of AUC.
        low, high: its 95 % interval; None where there is a single group.
        p_value: two-sided, of no difference.
        adjusted: the same after Holm, over all comparisons of the table.
    """

    difference: float
    low: float | None
    high: float | None
    p_value: float
    adjusted: float


def compare(task: str, results: Sequence[Result], reference: Result) -> dict[str, Comparison]:
    """Compare all rows of a table with one of them.

    Dice: mean difference an image with the bootstrap's interval by group, and the paired
    permutation test. AUC: DeLong's, with images in groups.

    Args:
        task: ``segmentation`` or ``classification``.
        results: of one table.
        reference: one of them.

    Returns:
        By name, for all but the reference.

    Raises:
        BadData: two of them are not of the same images, groups and truth.
    """
    others = [result for result in results if result is not reference]
    for other in others:
        _same_images(task, other, reference)
    one = _dice if task == "segmentation" else _auc
    found = [one(other, reference) for other in others]
    adjusted = holm([comparison.p_value for comparison in found])
    return {
        other.name: replace(comparison, adjusted=p_value)
        for other, comparison, p_value in zip(others, found, adjusted, strict=True)
    }


def _dice(result: Result, reference: Result) -> Comparison:
    own, other = result.numbers("dice"), reference.numbers("dice")
    groups = [line["group"] for line in reference.images.values()]
    differences = [own[id_] - other[id_] for id_ in reference.images]
    estimate = group_interval(differences, groups)
    assert estimate.value is not None  # there is at least one image
    p_value = permutation_p_value(differences, groups)
    return Comparison(estimate.value, estimate.low, estimate.high, p_value, p_value)


def _auc(result: Result, reference: Result) -> Comparison:
    own, other = result.numbers("probability"), reference.numbers("probability")
    lines = reference.images
    labels = [line["label"] == reference.metrics["positive"] for line in lines.values()]
    found = compare_auc(
        np.asarray(labels),
        np.asarray([own[id_] for id_ in lines]),
        np.asarray([other[id_] for id_ in lines]),
        [line["group"] for line in lines.values()],
    )
    return Comparison(found.difference, found.low, found.high, found.p_value, found.p_value)


def _same_images(task: str, result: Result, reference: Result) -> None:
    where = f"{result.figures} ({result.name}) and {reference.figures} ({reference.name})"
    if apart := sorted(result.images.keys() ^ reference.images.keys()):
        raise BadData(
            f"{where}: are not of the same images, {len(apart)} are in one alone, the first "
            f"{apart[0]}; evaluate both on the same (those that failed are under `errors` in "
            "metrics.json), or put them into different tables"
        )
    for id_, line in reference.images.items():
        for column in _SAME[task]:
            if line.get(column) != result.images[id_].get(column):
                raise BadData(
                    f"{where}: {column} of image {id_} is {result.images[id_].get(column)} in one "
                    f"and {line.get(column)} in the other; evaluate both on the same data set"
                )
