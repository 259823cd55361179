"""Weights of CLIP-TNseg's reference implementation (arXiv 2412.05530).

The names are the same. The reference's transformer layers take the sequence first, ours the batch;
that changes no weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from nodulens.errors import BadData
from nodulens.models.clip_tnseg import ClipTnseg
from nodulens.models.registry import create_model
from nodulens.training.recipe import Recipe, read_recipe
from nodulens.training.reference import Converted, fill

_COPY = "second copy of the coarse branch, which the reference never runs"
_UNUSED = "a layer that the reference's forward never uses"
_FROZEN = "CLIP's own weights, which come from the CLIP file"
_COARSE = ("reduces.", "film_mul.", "film_add.", "blocks.", "trans_conv.")
_CLIP = ("clip_model.", "model.")


def from_clip_tnseg(found: Mapping[str, Tensor], name: str, clip: Path) -> Converted:
    """Build the published network with a reference checkpoint's weights.

    Args:
        found: the checkpoint's tensors.
        name: of its file, for messages.
        clip: OpenAI's CLIP ViT-B/16; the network refers to it where it lies.

    Raises:
        BadData: names are missing, unknown, or of a wrong shape, or the checkpoint was trained on
            another CLIP.
    """
    recipe = read_recipe("clip-tnseg-paper")
    assert isinstance(recipe, Recipe)
    recipe.network.options["backbone"] = f"open_clip:ViT-B-16/{clip.resolve()}"
    network = create_model(recipe.network.name, **recipe.network.options)
    assert isinstance(network, ClipTnseg)
    result = fill(network, found, name, _skip)
    _compare_frozen(network.backbone, found, name, clip)
    return Converted(network, recipe, result)


def _skip(key: str) -> str | None:
    """Say why a name of the reference is not wanted; None where it is wanted or unknown."""
    if key in {f"{prefix}reduce.{part}" for prefix in ("", "CGB.") for part in ("weight", "bias")}:
        return _UNUSED
    if key.startswith(_COARSE):
        return _COPY
    if key.removeprefix("CGB.").startswith(_CLIP):
        return _FROZEN
    return None


def _compare_frozen(
    backbone: nn.Module, found: Mapping[str, Tensor], name: str, clip: Path
) -> None:
    """See that the frozen weights that a checkpoint carries are those of the CLIP file."""
    own = {key: value for key, value in backbone.state_dict().items() if value.is_floating_point()}
    for key, value in found.items():
        if _skip(key) != _FROZEN:
            continue
        bare = key.removeprefix("CGB.").removeprefix("clip_").removeprefix("model.")
        for other, expected in own.items():
            same = other == bare or other.endswith(f".{bare}")
            # Half precision is as near as the two may have been stored.
            if same and not (
                value.shape == expected.shape
                and torch.allclose(value.float(), expected.float(), rtol=1e-2, atol=1e-3)
            ):
                raise BadData(
                    f"{name}: {key} differs from {clip.name}: it was trained on another CLIP; "
                    "give that one"
                )
