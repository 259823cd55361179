"""How well forests name attributes of nodules that they have not seen, beside knowing only how
common each value is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodulens.analysis.judge import feature_table
from nodulens.analysis.region import parts_to_judge
from nodulens.data.manifest import Row
from nodulens.data.pairs import read_pair
from nodulens.evaluation.bootstrap import group_interval
from nodulens.training.forest import ForestRun, attribute_of

Outline = Callable[[Row, NDArray[np.bool_]], NDArray[np.bool_]]
"""From a row and its drawn mask, bool (H, W), to the mask that is judged."""

_LEAST = 1e-3
"""Probability of a value that a forest had never seen, or holds impossible."""


def attribute_skill(
    runs: Mapping[int, ForestRun], rows: Sequence[Row], data: Path, outline: Outline
) -> dict[str, Any]:
    """Judge the attributes of images out of fold.

    Args:
        runs: by the fold that each has not seen.
        rows: of the manifest.
        data: folder of the data set.
        outline: gives the mask of the nodules.

    Returns:
        By attribute the number of ``images`` that have it; ``accuracy`` and that of always naming
        the ``commonest`` value of the other folds; ``log_loss`` and ``log_loss_of_shares``, of
        answering with the shares of the other folds; and ``gain``, the paired difference of these
        two with its interval by patient group, above 0 where the forest knows something. An image's
        answer is the mean over its nodules.
    """
    found: dict[str, list[tuple[Row, float, float, bool, bool]]] = {}
    for fold, run in runs.items():
        forest, attributes = run.forest(), run.description.attributes
        learned = [row for row in rows if row.fold != fold and _known(run, row)]
        shares = {name: _shares(learned, name) for name in attributes}
        for row in rows:
            truths = {name: attribute_of(row, name) for name in attributes}
            if row.fold != fold or not _known(run, row) or not any(truths.values()):
                continue
            frame, drawn = read_pair(data, row)
            parts = parts_to_judge(frame, outline(row, drawn)).masks
            said = forest(feature_table(frame, parts, forest.names))
            for name, truth in truths.items():
                if truth is None:
                    continue
                answer = dict(zip(attributes[name], said[name].mean(axis=0).tolist(), strict=True))
                found.setdefault(name, []).append(
                    (
                        row,
                        -float(np.log(max(answer.get(truth, 0.0), _LEAST))),
                        -float(np.log(max(shares[name].get(truth, 0.0), _LEAST))),
                        truth == max(answer, key=lambda value: answer[value]),
                        truth == max(shares[name], key=lambda value: shares[name][value]),
                    )
                )
    return {name: _summed_up(lines) for name, lines in found.items()}


def _known(run: ForestRun, row: Row) -> bool:
    return row.mask is not None and run.recipe.objective.class_of(row.labels) is not None


def _shares(rows: Sequence[Row], name: str) -> dict[str, float]:
    values = [value for row in rows if (value := attribute_of(row, name)) is not None]
    return {value: values.count(value) / len(values) for value in sorted(set(values))}


def _summed_up(lines: Sequence[tuple[Row, float, float, bool, bool]]) -> dict[str, Any]:
    rows, losses, usual, right, commonest = zip(*lines, strict=True)
    gain = np.asarray(usual) - np.asarray(losses)
    return {
        "images": len(rows),
        "accuracy": round(float(np.mean(right)), 6),
        "commonest": round(float(np.mean(commonest)), 6),
        "log_loss": round(float(np.mean(losses)), 6),
        "log_loss_of_shares": round(float(np.mean(usual)), 6),
        "gain": group_interval(gain.tolist(), [row.group for row in rows]).to_json(),
    }
