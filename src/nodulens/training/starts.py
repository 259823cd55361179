"""Where the weights of a run start from, and under whose terms."""

from __future__ import annotations

import json
from pathlib import Path

from nodulens.errors import BadData
from nodulens.models.backbones import minilm
from nodulens.models.imagenet import LICENCE, PACKAGES
from nodulens.models.registry import default_config
from nodulens.training.recipe import Recipe
from nodulens.training.record import RUN


def starts_of(recipe: Recipe) -> list[str]:
    """Say where a recipe's weights start from, and under whose terms, back to the first run."""
    notes = []
    licence = default_config(recipe.network.name).pretrained_licence
    if recipe.network.options.get("pretrained", False) and licence:
        notes.append(f"Started from weights under {licence}.")
    if recipe.task == "distillation":
        notes.append(
            f"The features of {recipe.teacher.encoder} were learned; its weights are under "
            f"{LICENCE if recipe.teacher.encoder in PACKAGES else 'the terms of its hub page'}."
        )
    if recipe.network.start_from:
        earlier = _earlier(Path(recipe.network.start_from))
        notes.append(f"Started from a run of {earlier.name}: {earlier.description}.")
        notes += starts_of(earlier)
    kind, _, rest = str(recipe.network.options.get("backbone", "")).partition(":")
    if kind == "lite":
        notes.append(f"Reads words through a frozen sentence encoder under {minilm.LICENCE}.")
        if rest:
            earlier = _earlier(Path(rest))
            notes.append(f"Sees through the frozen encoder of a run of {earlier.name}.")
            notes += starts_of(earlier)
        else:
            notes.append(f"Sees through a frozen encoder under {LICENCE}.")
    return notes


def _earlier(run: Path) -> Recipe:
    path = run / RUN
    if not path.is_file():
        raise BadData(
            f"{path}: is gone, and with it where the weights start from; put it back to export"
        )
    return Recipe.model_validate(json.loads(path.read_text("utf-8"))["recipe"])
