"""Weights of TransUNet's reference implementation (Chen et al. 2021, arXiv 2102.04306)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from nodulens.errors import BadData
from nodulens.models.registry import create_model
from nodulens.models.transunet import position_map
from nodulens.training.recipe import Recipe, read_recipe
from nodulens.training.reference import Conversion, Converted, fill, refuse

_ROOT = r"^transformer\.embeddings\.hybrid_model\."
_LAYER = r"^transformer\.encoder\.layer\.(\d+)\."
_RULES: tuple[tuple[str, str], ...] = (
    (_ROOT + r"root\.conv\.", "encoder.network.stem.conv."),
    (_ROOT + r"root\.gn\.", "encoder.network.stem.norm."),
    (_ROOT + r"body\.block(\d+)\.unit(\d+)\.", r"encoder.network.stages.<\1>.blocks.<\2>."),
    (r"(blocks\.<\d+>\.)gn_proj\.", r"\1downsample.norm."),
    (r"(blocks\.<\d+>\.)downsample\.weight", r"\1downsample.conv.weight"),
    (r"(blocks\.<\d+>\.)gn(\d)\.", r"\1norm\2."),
    (r"^transformer\.embeddings\.patch_embeddings\.", "project."),
    (_LAYER + r"attention_norm\.", r"blocks.\1.norm1."),
    (_LAYER + r"ffn_norm\.", r"blocks.\1.norm2."),
    (_LAYER + r"attn\.out\.", r"blocks.\1.attn.proj."),
    (_LAYER + r"attn\.", r"blocks.\1.attn."),
    (_LAYER + r"ffn\.", r"blocks.\1.mlp."),
    (r"^transformer\.encoder\.encoder_norm\.", "norm."),
    (r"^decoder\.conv_more\.", "widen."),
    (r"^decoder\.blocks\.(\d+)\.conv(\d)\.", r"decoder.\1.<\2>."),
    (r"^segmentation_head\.0\.", "head."),
)
"""From the reference's names to ours, in this order; a number in <> counts from one."""

_POSITION = "transformer.embeddings.position_embeddings"
_PARTS = ("query", "key", "value")


def from_transunet(found: Mapping[str, Tensor], name: str) -> Converted:
    """Build the network of a reference checkpoint, of its widths and size, with its weights.

    A checkpoint with two classes, background and nodule, answers with their difference, which is
    the same probability.

    Args:
        found: the checkpoint's tensors.
        name: of its file, for messages.

    Raises:
        BadData: names are missing, unknown, or of a wrong shape, or there are more than two
            classes.
    """
    recipe = read_recipe("transunet-paper")
    assert isinstance(recipe, Recipe)
    options = recipe.network.options = _options(found, name)
    recipe.input.height, recipe.input.width = options["size"]
    network = create_model(recipe.network.name, **options)
    fill(network, _rename(found, name), name)
    return Converted(network, recipe, Conversion(sorted(found), {}))


def _options(found: Mapping[str, Tensor], name: str) -> dict[str, Any]:
    """Read off how large the reference was built."""
    needed = [_POSITION, "segmentation_head.0.weight", "decoder.conv_more.0.weight"]
    refuse([f"{key} is missing" for key in needed if key not in found], name)
    places, width = found[_POSITION].shape[-2:]
    side = round(places**0.5)
    if side * side != places:
        raise BadData(f"{name}: {places} position embeddings are those of no square image")
    blocks = [key for key in found if re.search(r"^decoder\.blocks\.\d+\.conv2\.0\.weight$", key)]
    layers = {match[1] for key in found if (match := re.match(_LAYER, key))}
    return {
        "pretrained": False,
        "width": width,
        "depth": len(layers),
        "heads": max(1, width // 64),  # as in every Vision Transformer of the reference
        "decoder": [len(found[key]) for key in ("decoder.conv_more.0.weight", *sorted(blocks))],
        "size": [side * 16, side * 16],
    }


def _rename(found: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """Return the tensors in our names."""
    ours: dict[str, Tensor] = {}
    attention: dict[str, dict[str, Tensor]] = {}
    for key, value in found.items():
        new = _name(key)
        head, _, part = new.rpartition(".attn.")
        layer, _, kind = part.partition(".")
        if key == _POSITION:
            ours["position"] = position_map(value)
        elif head and layer in _PARTS:
            attention.setdefault(f"{head}.attn.qkv.{kind}", {})[layer] = value
        elif new.startswith("head."):
            ours[new] = _one_class(value, name)
        else:
            ours[new] = value
    for new, parts in attention.items():
        missing = [part for part in _PARTS if part not in parts]
        refuse([f"{new}: its {part} is missing" for part in missing], name)
        ours[new] = torch.cat([parts[part] for part in _PARTS])
    return ours


def _name(key: str) -> str:
    for pattern, replacement in _RULES:
        key = re.sub(pattern, replacement, key)
    return re.sub(r"<(\d+)>", lambda number: str(int(number[1]) - 1), key)


def _one_class(value: Tensor, name: str) -> Tensor:
    """Turn a head for background and nodule into one for the nodule alone."""
    if len(value) > 2:
        raise BadData(
            f"{name}: segments {len(value)} classes; an outline needs one, or two: background and "
            "nodule"
        )
    return value[1:] - value[:1] if len(value) == 2 else value
