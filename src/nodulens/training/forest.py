"""Train a random forest on the measured features of outlined nodules.

    nodulens train forest --data DATA --fold 0 --out runs/fold0

The classical arm of the two-stage framework (arXiv 2511.11937): a random forest on morphological
features, here with texture as a switch, on each nodule of an image that has the image's label. The
run's folder holds ``recipe.toml``, ``run.json`` and the forest as ``forest.onnx``; nothing in it is
pickled.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodulens.analysis.judge import FeatureJudge, feature_table
from nodulens.analysis.region import parts_to_judge
from nodulens.data.manifest import Row
from nodulens.data.pairs import read_pair
from nodulens.data.splits import without_fold
from nodulens.errors import BadData
from nodulens.files import write_bytes, write_json, write_text
from nodulens.measure.features import feature_names
from nodulens.runtime.bundle import FOREST
from nodulens.runtime.bundle import Forest as ForestDescription
from nodulens.runtime.forest import OnnxForest
from nodulens.text.descriptors import Descriptors
from nodulens.training.forest_graph import to_graph
from nodulens.training.recipe import ForestRecipe, to_toml
from nodulens.training.record import RUN, FinishedRun, begin

_BACKGROUND = 16
"""Nodules that stand for the others when a feature is replaced."""


@dataclass(frozen=True)
class Table:
    """The measured nodules of a data set.

    Attributes:
        rows: of the manifest, one for each nodule; those of an image follow each other.
        features: float32 (n, F).
    """

    rows: list[Row]
    features: NDArray[np.float32]


def measure_rows(data: Path, rows: Sequence[Row], names: Sequence[str]) -> Table:
    """Measure the drawn nodules of some rows; those without an outline are left out.

    Args:
        data: folder of the data set.
        rows: of its manifest.
        names: of the features, as :data:`nodulens.measure.features.FEATURES` has them.
    """
    owners: list[Row] = []
    tables: list[NDArray[np.float32]] = []
    for row in rows:
        if row.mask is None:
            continue
        table = _measure_drawn(
            data, row.model_copy(update={"labels": {}}).model_dump_json(), tuple(names)
        )
        owners += [row] * len(table)
        tables.append(table)
    empty = np.empty((0, len(names)), np.float32)
    return Table(owners, np.concatenate([empty, *tables]))


@lru_cache(maxsize=20_000)
def _measure_drawn(data: Path, row: str, names: tuple[str, ...]) -> NDArray[np.float32]:
    """Measure the drawn nodules of a row, given as JSON.

    Remembered, because a cross-validation trains many forests on nearly the same nodules, and
    measuring takes longer than growing.
    """
    frame, mask = read_pair(data, Row.model_validate_json(row))
    parts = parts_to_judge(frame, mask)
    return feature_table(frame, [] if parts.whole else parts.masks, names)


def train_forest(
    recipe: ForestRecipe,
    data: Path,
    out: Path,
    fold: int | None = None,
    without: Collection[int] = (),
) -> dict[str, Any]:
    """Train a forest; a finished one in ``out`` is left as it is.

    Args:
        recipe: what to do.
        data: folder of a data set with a manifest.
        out: the run's folder.
        fold: number of the fold that stays unseen; None trains on all rows.
        without: numbers of further folds that stay unseen.

    Returns:
        What ``run.json`` says.

    Raises:
        BadData: the data set does not fit, or ``out`` holds a run of another recipe or data.
    """
    rows, record, earlier = begin(recipe, data, out, fold, without)
    if earlier is not None and earlier["finished"]:
        return earlier
    objective, names = recipe.objective, feature_names(recipe.forest.features)
    learned = [
        row
        for row in without_fold(rows, fold)
        if row.labels.get(objective.label) in objective.classes
    ]
    table = measure_rows(data, learned, names)
    labels = [row.labels[objective.label] for row in table.rows]
    counts = {name: labels.count(name) for name in objective.classes}
    if missing := [name for name, count in counts.items() if not count]:
        raise BadData(f"{data}: no outlined image to train on is {missing[0]}")
    forests = {"probability": _grow(recipe, table.features, labels)}
    attributes: dict[str, list[str]] = {}
    for name in objective.attributes:
        values = [attribute_of(row, name) for row in table.rows]
        known = np.asarray([value is not None for value in values])
        found = sorted({value for value in values if value is not None})
        if len(found) < 2:
            raise BadData(
                f"{data}: no two values of {name} to learn from; take it out of "
                "objective.attributes"
            )
        given = [value for value in values if value is not None]
        forests[name] = _grow(recipe, table.features[known], given, balance=False)
        attributes[name] = found
    write_text(out / "recipe.toml", to_toml(recipe))
    write_bytes(out / FOREST, to_graph(forests, objective.classes, counts, recipe.forest.balance))
    record |= {
        "finished": True,
        "images": {"training": len({row.id for row in table.rows})},
        "groups": len({row.group for row in table.rows}),
        "items": {"training": len(labels)},
        "labels": {objective.label: objective.classes},
        "label_counts": counts,
        "forest": _describe(table.features, names, attributes, labels).model_dump(),
    }
    write_json(out / RUN, record)
    return record


def attribute_of(row: Row, name: str) -> str | None:
    """Return what a row's labels say of an attribute, in the lexicon's words; None for nothing."""
    said = getattr(Descriptors.from_labels(row.labels), name)
    if name == "foci":
        # Several kinds at once are no value of one answer.
        return said[0] if said and len(said) == 1 else None
    return None if said is None else str(said)


def _grow(
    recipe: ForestRecipe,
    features: NDArray[np.float32],
    labels: Sequence[str],
    *,
    balance: bool | None = None,
) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    settings = recipe.forest
    weighed = settings.balance if balance is None else balance
    forest = RandomForestClassifier(
        settings.trees,
        min_samples_leaf=settings.leaf,
        class_weight="balanced_subsample" if weighed else None,
        random_state=settings.seed,
    )
    return forest.fit(features, list(labels))


def _describe(
    features: NDArray[np.float32],
    names: Sequence[str],
    attributes: dict[str, list[str]],
    labels: Sequence[str],
) -> ForestDescription:
    """Say what a bundle must know of the nodules that were learned from."""
    deciles = np.quantile(features, np.linspace(0, 1, 11), axis=0).T
    # Of every class its share, each evenly spread over the nodules as they come.
    order = np.argsort(np.asarray(labels), kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, min(_BACKGROUND, len(order))).astype(int)]
    return ForestDescription.model_validate(
        {
            "features": [
                {"name": name, "deciles": [float(f"{value:.6g}") for value in values]}
                for name, values in zip(names, deciles, strict=True)
            ],
            "background": [
                [float(f"{value:.6g}") for value in features[place]] for place in chosen
            ],
            "attributes": attributes,
        }
    )


class ForestRun(FinishedRun[ForestRecipe]):
    """A finished training of a forest; see :class:`nodulens.training.run.Run`."""

    @property
    def balanced(self) -> bool:
        """Whether each class counted the same in training."""
        return self.recipe.forest.balance

    @property
    def description(self) -> ForestDescription:
        """What a bundle says of the forest."""
        return ForestDescription.model_validate(self.record["forest"])

    def forest(self) -> OnnxForest:
        """Return the forest, ready to be asked."""
        path, known = self.folder / FOREST, self.description
        names = [feature.name for feature in known.features]
        return OnnxForest(path, path.read_bytes(), names, known.attributes)

    def judge(self) -> FeatureJudge:
        """Return the forest as a judge of nodules, uncalibrated."""
        forest = self.forest()
        return FeatureJudge(forest, forest.names)
