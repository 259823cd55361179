"""``run.json``: what a run is of, whether an earlier start was of the same, and a finished one."""

from __future__ import annotations

import contextlib
import json
import platform
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from pydantic import ValidationError

from nodulens.data.manifest import Row, identity, read_manifest
from nodulens.errors import BadData
from nodulens.models.checkpoint import RUN
from nodulens.training.recipe import AnyRecipe, ForestRecipe, Labelled, Recipe

RecipeT = TypeVar("RecipeT", Recipe, ForestRecipe)

_LIBRARIES = (
    "nodulens", "torch", "lightning", "timm", "segmentation-models-pytorch", "scikit-learn",
)  # fmt: skip


@dataclass(frozen=True)
class FinishedRun(ABC, Generic[RecipeT]):
    """A finished training, of whatever kind.

    Attributes:
        folder: of the run.
        recipe: as resolved.
        record: everything that ``run.json`` says.
    """

    folder: Path
    recipe: RecipeT
    record: dict[str, Any]

    @property
    @abstractmethod
    def balanced(self) -> bool:
        """Whether each class counted the same in training, however often it is seen."""

    @property
    def fold(self) -> int | None:
        """The fold that it has not seen; None where it was trained on all rows."""
        found: int | None = self.record["fold"]
        return found

    @property
    def without(self) -> list[int]:
        """Further folds that it has not seen."""
        # A run of an older version, and a converted one, knows none.
        found: list[int] = self.record.get("without", [])
        return found

    @property
    def label_shares(self) -> list[float]:
        """Share of each class among what a classifier learned from."""
        counts = self.record["label_counts"]
        return [counts[name] / sum(counts.values()) for name in self.recipe.objective.classes]

    @property
    def threshold(self) -> float:
        """Least probability that counts as the last label: that label's share in training.

        With calibrated probabilities this is where sensitivity and specificity together are best,
        whatever the share.
        """
        return self.label_shares[-1]

    @property
    def prior(self) -> float:
        """Log-odds of the last label that were put into a classifier's answers after training."""
        share = self.label_shares[-1] if self.balanced else 0.5
        return float(np.log(share / (1 - share)))


class Start(NamedTuple):
    """What a training begins from.

    Attributes:
        rows: of the manifest that it may see but for its own fold, which is still among them.
        record: what ``run.json`` says before it begins.
        earlier: what it says of an earlier start of the same run; None where there was none.
    """

    rows: list[Row]
    record: dict[str, Any]
    earlier: dict[str, Any] | None


def begin(
    recipe: AnyRecipe, data: Path, out: Path, fold: int | None, without: Collection[int]
) -> Start:
    """Return what a training begins from.

    Args:
        recipe: as resolved.
        data: folder of a data set with a manifest.
        out: the run's folder.
        fold: that stays unseen; None for none.
        without: further folds that do.

    Raises:
        BadData: there is no manifest, or ``out`` holds another run.
    """
    rows = read_manifest(data)
    record = new_record(recipe, rows, fold, without)
    seen = seen_rows(rows, recipe.objective, without)
    return Start(seen, record, earlier_record(out, record))


def seen_rows(rows: Sequence[Row], objective: Labelled, without: Collection[int]) -> list[Row]:
    """Return the rows of a manifest without some folds, as a training sees them.

    Merged classes have the name of their class, and the rest never sees the values.
    """
    return merged([row for row in rows if row.fold not in without], objective)


def new_record(
    recipe: AnyRecipe, rows: Sequence[Row], fold: int | None, without: Collection[int]
) -> dict[str, Any]:
    """Return what ``run.json`` says of a run before it begins.

    Args:
        recipe: as resolved.
        rows: of the whole manifest.
        fold: that stays unseen; None for none.
        without: further folds that do.
    """
    return {
        "schema_version": "1.0",
        "recipe": recipe.model_dump(mode="json"),
        "data": {"identity": identity(rows)},
        "fold": fold,
        "without": sorted(without),
        "versions": {name: metadata.version(name) for name in _LIBRARIES}
        | {"python": platform.python_version()},
        "finished": False,
    }


def earlier_record(out: Path, run: dict[str, Any]) -> dict[str, Any] | None:
    """Return what ``run.json`` says of an earlier start of the same run, if there was one.

    Raises:
        BadData: there was one, of another run.
    """
    path = out / RUN
    if not path.is_file():
        return None
    earlier: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if isinstance(total := earlier.get("parameters"), int):
        # A run of an older version, which knew nothing frozen.
        earlier["parameters"] = {"trainable": total, "frozen": 0, "full_fine_tuning": total}
    with contextlib.suppress(ValidationError, KeyError):
        # A run of an older version: settings that are new since have their defaults in it.
        earlier["recipe"] = recipe_of(earlier).model_dump(mode="json")
    earlier.setdefault("without", [])
    for key in ("recipe", "data", "fold", "without"):
        if earlier.get(key) != run[key]:
            raise BadData(f"{out}: holds a run with another {key}; choose another --out")
    return earlier


def recipe_of(record: dict[str, Any]) -> AnyRecipe:
    """Return the recipe that a record holds."""
    content = record["recipe"]
    kind = ForestRecipe if "forest" in content else Recipe
    return kind.model_validate(content)


def merged(rows: Sequence[Row], objective: Labelled) -> list[Row]:
    """Return rows whose label is that of the class it was merged into.

    Values that belong to no class stay as they are.
    """
    if not objective.merge:
        return list(rows)
    result = []
    for row in rows:
        name = objective.class_of(row.labels)
        labels = row.labels if name is None else row.labels | {objective.label: name}
        result.append(row.model_copy(update={"labels": labels}))
    return result
