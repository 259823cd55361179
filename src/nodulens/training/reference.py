"""Checkpoints of reference implementations: read, and copied into a network of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from nodulens.errors import BadData
from nodulens.models.backbones.weight_file import load_pytorch
from nodulens.training.recipe import Recipe

_SHOWN = 20
"""Wrong names that a message lists; a file of something else has hundreds."""


@dataclass(frozen=True)
class Conversion:
    """What became of a reference checkpoint.

    Attributes:
        used: names of the tensors that the network took, all of its own.
        skipped: names that were left out, by reason.
    """

    used: list[str]
    skipped: dict[str, list[str]]


@dataclass(frozen=True)
class Converted:
    """A network with a reference's weights.

    Attributes:
        network: filled.
        recipe: that would train such a network.
        conversion: what became of the checkpoint.
    """

    network: nn.Module
    recipe: Recipe
    conversion: Conversion


def read_reference(file: Path) -> dict[str, Tensor]:
    """Read a PyTorch state dict in the reference's names; nothing but tensors is read from it.

    Raises:
        BadData: no such file, or something else.
    """
    if not file.is_file():
        raise BadData(f"{file}: no such file")
    content = load_pytorch(file)
    if not isinstance(content, dict) or not content:
        raise BadData(f"{file}: not a PyTorch state dict")
    strange = [str(key) for key, value in content.items() if not isinstance(value, Tensor)]
    if strange:
        raise BadData(f"{file}: not a state dict: {', '.join(strange[:5])} is no tensor")
    if all(key.startswith("module.") for key in content):  # trained on several GPUs
        content = {key.removeprefix("module."): value for key, value in content.items()}
    return content


def fill(
    network: nn.Module,
    found: Mapping[str, Tensor],
    name: str,
    skip: Callable[[str], str | None] = lambda key: None,
) -> Conversion:
    """Copy the tensors of a reference checkpoint, in the network's names, into it.

    Args:
        network: ours.
        found: tensors of the checkpoint.
        name: of the file, for messages.
        skip: says why a name is not wanted; None where it is wanted or unknown.

    Raises:
        BadData: names are missing, unknown, or of another shape; nothing was copied then.
    """
    own = network.state_dict()
    used: list[str] = []
    skipped: dict[str, list[str]] = {}
    problems: list[str] = []
    for key, value in found.items():
        reason = skip(key)
        if key in own and value.shape != own[key].shape:
            problems.append(f"{key} is {tuple(value.shape)}, not {tuple(own[key].shape)}")
        elif key in own and value.is_floating_point() != own[key].is_floating_point():
            kind = "floating point" if own[key].is_floating_point() else "whole numbers"
            problems.append(f"{key} is {value.dtype}, not {kind}")
        elif key in own:
            used.append(key)
        elif reason is not None:
            skipped.setdefault(reason, []).append(key)
        else:
            problems.append(f"{key} is unknown")
    problems += [f"{key} is missing" for key in own if key not in found]
    refuse(problems, name)
    network.load_state_dict({key: found[key].to(own[key].dtype) for key in used})
    return Conversion(sorted(used), {reason: sorted(keys) for reason, keys in skipped.items()})


def refuse(problems: list[str], name: str) -> None:
    """Raise BadData where there are problems with the checkpoint of that name."""
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise BadData(
            f"{name}: not a checkpoint of the reference: {'; '.join(problems[:_SHOWN])}{more}"
        )
