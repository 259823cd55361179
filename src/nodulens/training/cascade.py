"""What a cross-validation of the whole cascade is made of, and where each piece of it lies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nodulens.data.manifest import Row, read_manifest
from nodulens.data.pictures import read_mask
from nodulens.errors import BadData
from nodulens.runtime.bundle import Part
from nodulens.training.recipe import AnyRecipe, ForestRecipe, Recipe

DRAWN = "drawn"
"""Name of the outlines that the data set has."""
FUSION = "fusion"
"""Name of the system that hears all classifiers."""

Unseen = tuple[int, ...]
"""Folds that a run has not seen: none, one or two."""


@dataclass
class Cascade:
    """Segmentations and classifiers on a data set with folds.

    Attributes:
        recipes: of all of them.
        data: folder of the data set.
        out: folder for everything.
        nested: inner answers on outlines that have seen neither fold, instead of on drawn ones.
    """

    recipes: list[AnyRecipe]
    data: Path
    out: Path
    nested: bool

    @cached_property
    def rows(self) -> list[Row]:
        """All rows of the manifest."""
        return read_manifest(self.data)

    @cached_property
    def segmenters(self) -> list[Recipe]:
        """Recipes that segment."""
        return [
            one for one in self.recipes if isinstance(one, Recipe) and one.task == "segmentation"
        ]

    @cached_property
    def classifiers(self) -> list[AnyRecipe]:
        """Recipes that classify."""
        return [one for one in self.recipes if one.task == "classification"]

    @cached_property
    def folds(self) -> list[int]:
        """Numbers of the folds."""
        return sorted({row.fold for row in self.rows if row.fold is not None})

    @property
    def outlines(self) -> list[str]:
        """Where outlines come from that classifiers are judged on."""
        return [DRAWN, *(one.name for one in self.segmenters)]

    @property
    def inner_outlines(self) -> list[str]:
        """Where those come from that inner answers are on."""
        return self.outlines if self.nested else [DRAWN]

    @property
    def systems(self) -> dict[str, list[AnyRecipe]]:
        """System to the classifiers that it hears."""
        alone = {one.name: [one] for one in self.classifiers}
        return alone | ({FUSION: self.classifiers} if len(alone) > 1 else {})

    def check(self) -> None:
        """Refuse what cannot be cross-validated together.

        Raises:
            BadData: the recipes do not go together, or the data set has too few folds.
        """
        names = [one.name for one in self.recipes]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise BadData(f"{twice[0]}: two recipes of this name; give each its own")
        reserved = {DRAWN, FUSION, "answers", "figures", "outlines"} & set(names)
        if reserved:
            raise BadData(f"{sorted(reserved)[0]}: is a name of crossval's own; rename the recipe")
        for one in self.recipes:
            if one.task == "distillation":
                raise BadData(f"{one.name}: a distillation has no fold; train it beforehand")
        kinds = [part_of(one) for one in self.classifiers]
        if len(kinds) > len(set(kinds)):
            raise BadData(
                "one classifying network and one forest can be weighed together, not two of a "
                "kind; cross-validate them one after the other"
            )
        goals = {
            (goal.label, *((name, *sorted(goal.merge.get(name, [name]))) for name in goal.classes))
            for goal in (one.objective for one in self.classifiers)
        }
        if len(goals) > 1:
            raise BadData("the classifiers learn different labels; give them the same objective")
        if len(self.folds) < 3:
            raise BadData(
                f"{self.data}: has {len(self.folds)} folds, and inner folds need 3; "
                "run `nodulens data split`"
            )

    def unseen(self, recipe: AnyRecipe) -> list[Unseen]:
        """Return what runs of a recipe have not seen: each fold, and two where inner folds need it.

        Args:
            recipe: one of them.
        """
        found: list[Unseen] = [(fold,) for fold in self.folds]
        if self.classifiers and (recipe.task == "classification" or self.nested):
            found += combinations(self.folds, 2)
        return found

    def run(self, recipe: str, unseen: Sequence[int]) -> Path:
        """Return the folder of a run; see :func:`run_folder`."""
        return run_folder(self.out, recipe, unseen)

    def masks(self, recipe: str, unseen: Sequence[int]) -> Path:
        """Return the folder of the masks that a run drew on what it had not seen."""
        return self.out / "outlines" / recipe / self.run(recipe, unseen).name

    def mask(self, recipe: str, row: Row) -> NDArray[np.bool_]:
        """Return what a segmentation outlines in an image of a fold, unseen: bool (H, W)."""
        assert row.fold is not None
        return read_mask(mask_file(self.masks(recipe, (row.fold,)), row))

    def answers(self, recipe: str, unseen: Sequence[int], outlines: str) -> Path:
        """Return the file of what a run said of what it had not seen, on some outlines."""
        name = f"{self.run(recipe, unseen).name}-{outlines}.json"
        return self.out / "answers" / recipe / name

    def told(self, recipe: str, unseen: Sequence[int], outlines: str) -> dict[str, float]:
        """Return what it said: log-odds of the last label by the image's id."""
        content = json.loads(self.answers(recipe, unseen, outlines).read_text("utf-8"))
        odds: dict[str, float] = content["odds"]
        return odds


def run_folder(out: Path, recipe: str, unseen: Sequence[int]) -> Path:
    """Return the folder of the run of a recipe that has not seen some folds.

    Args:
        out: folder of the cross-validation.
        recipe: its name.
        unseen: none, one or two folds.
    """
    names = {0: "all", 1: "fold", 2: "folds"}
    return out / recipe / (names[len(unseen)] + "-".join(map(str, unseen)))


def mask_file(folder: Path, row: Row) -> Path:
    """Return the file of an image's mask in a folder of masks."""
    return folder / f"{row.id}.png"


def part_of(recipe: AnyRecipe) -> Part:
    """Return which part of a classification a classifier is."""
    return "forest" if isinstance(recipe, ForestRecipe) else "network"
