"""Train whatever a recipe is for."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from nodulens.models.feature_cache import FeatureCache
from nodulens.models.registry import default_config
from nodulens.training.forest import train_forest
from nodulens.training.recipe import AnyRecipe, ForestRecipe
from nodulens.training.train import train

CACHE_GB = 20.0
"""Largest size of the folder for what frozen backbones say, in 10⁹ bytes."""


def train_recipe(
    recipe: AnyRecipe,
    data: Path,
    out: Path,
    fold: int | None = None,
    without: Collection[int] = (),
    *,
    cache: Path | None = None,
    cache_gb: float = CACHE_GB,
) -> dict[str, Any]:
    """Train a network or a forest, or go on with it.

    Args:
        recipe: what to do.
        data: folder of a data set with a manifest.
        out: the run's folder.
        fold: number of the fold that stays unseen; None trains on all rows.
        without: numbers of further folds that stay unseen.
        cache: folder for what frozen backbones say; ``features`` beside the run, if None, so that
            runs of one study share it.
        cache_gb: largest size of it; 0 keeps nothing.

    Returns:
        What ``run.json`` says.

    Raises:
        BadData: the data set does not fit, or ``out`` holds a run of another recipe or data.
    """
    if isinstance(recipe, ForestRecipe):
        return train_forest(recipe, data, out, fold, without)
    kept = None
    # Other networks look through nothing frozen, and want no folder for it.
    if cache_gb and default_config(recipe.network.name).uses_text:
        kept = FeatureCache(cache or out.resolve().parent / "features", int(cache_gb * 1e9))
    return train(recipe, data, out, fold, kept, without)
