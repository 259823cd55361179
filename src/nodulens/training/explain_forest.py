"""Which features forests rest on, on nodules that they have not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodulens.data.manifest import Row
from nodulens.errors import BadData
from nodulens.evaluation.importance import explain_features
from nodulens.measure.features import FEATURES
from nodulens.runtime.odds import log_odds
from nodulens.training.forest import ForestRun, measure_rows


def explain_forests(
    judge: Mapping[str, ForestRun], rows: Sequence[Row], data: Path
) -> dict[str, Any]:
    """Return the section ``importance`` of ``explain.json``, over drawn nodules.

    Args:
        judge: the run that has not seen a row, by the row's id.
        rows: of the manifest, with outline and label.
        data: folder of the data set.

    Raises:
        BadData: the forests were told different features, or all rows have the same label.
    """
    runs = {run.folder: run for run in judge.values()}
    told = {tuple(one.name for one in run.description.features) for run in runs.values()}
    if len(told) > 1:
        raise BadData("the forests were told different features; explain them one by one")
    (names,) = told
    forests = {folder: run.forest() for folder, run in runs.items()}
    table = measure_rows(data, rows, names)
    owners = np.asarray([list(runs).index(judge[row.id].folder) for row in table.rows])
    objectives = [judge[row.id].recipe.objective for row in table.rows]
    labels = np.asarray(
        [
            objective.class_of(row.labels) == objective.classes[-1]
            for objective, row in zip(objectives, table.rows, strict=True)
        ]
    )
    if labels.all() or not labels.any():
        raise BadData(f"{data}: all nodules have the same label, which no feature can tell")

    def answer(features: NDArray[np.float64]) -> NDArray[np.float64]:
        odds = np.empty(len(features))
        for number, folder in enumerate(runs):
            own = owners == number
            said = forests[folder](features[own].astype(np.float32))
            odds[own] = log_odds(said["probability"][:, -1])
        return odds

    concepts: dict[str, list[str]] = {}
    for feature in FEATURES:
        concepts.setdefault(feature.concept, []).append(feature.name)
    return explain_features(
        table.features.astype(np.float64),
        labels,
        [row.group for row in table.rows],
        answer,
        names,
        concepts,
        within=owners.tolist(),
    )
