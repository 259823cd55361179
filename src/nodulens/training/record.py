"""``run.json``: what a run is of, and whether an earlier start in a folder was of the same."""

from __future__ import annotations

import contextlib
import json
import platform
from collections.abc import Collection, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nodulens.data.manifest import Row, identity
from nodulens.errors import BadData
from nodulens.training.recipe import AnyRecipe, ForestRecipe, Labelled, Recipe

RUN = "run.json"

_LIBRARIES = (
    "nodulens", "torch", "lightning", "timm", "segmentation-models-pytorch", "scikit-learn",
)  # fmt: skip


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
