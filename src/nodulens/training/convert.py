"""Weights of a reference implementation to a run of this package's network.

nodulens weights convert clip-tnseg FILE --clip CLIPFILE --out RUN
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import torch
from torch import Tensor, nn

from nodulens.errors import BadData, NodulensError
from nodulens.files import sha256_of, write_json, write_text
from nodulens.models.backbones.weight_file import load_pytorch
from nodulens.models.checkpoint import save_network
from nodulens.models.clip_tnseg import ClipTnseg
from nodulens.models.parameters import count_parameters
from nodulens.models.registry import create_model
from nodulens.training.recipe import read_recipe, to_toml
from nodulens.training.run import RUN

_COPY = "second copy of the coarse branch, which the reference never runs"
_UNUSED = "a layer that the reference's forward never uses"
_FROZEN = "CLIP's own weights, which come from the CLIP file"
_COARSE = ("reduces.", "film_mul.", "film_add.", "blocks.", "trans_conv.")
_CLIP = ("clip_model.", "model.")
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


def convert(network: str, file: Path, out: Path, *, clip: Path | None) -> Conversion:
    """Write a run's folder with the weights of a reference checkpoint.

    The run can be evaluated and exported like a trained one; what it learned from is not known.

    Args:
        network: ``clip-tnseg``, the only one with a reference to convert from.
        file: PyTorch state dict in the reference's names; nothing but tensors is read from it.
        out: folder of the run; holds none yet.
        clip: OpenAI's CLIP ViT-B/16 archive, or a state dict in its names. The run refers to it
            where it lies.

    Raises:
        NodulensError: another network.
        BadData: the file has names missing, unknown ones or tensors of a wrong shape, or there is
            no CLIP file or another one than the checkpoint was trained on.
    """
    if network != "clip-tnseg":
        raise NodulensError(f"weights of {network!r} cannot be converted; those of clip-tnseg can")
    if clip is None or not clip.exists():
        missing = "" if clip is None else f"{clip}: no such file; "
        raise BadData(
            f"{missing}give --clip, the CLIP ViT-B/16 weights of OpenAI, from which the frozen "
            "part comes"
        )
    if (out / RUN).exists():
        raise BadData(f"{out}: holds a run already; choose another --out")
    found = _read(file)
    recipe = read_recipe("clip-tnseg-paper")
    recipe.network.options["backbone"] = f"open_clip:ViT-B-16/{clip.resolve()}"
    built = create_model(recipe.network.name, **recipe.network.options)
    assert isinstance(built, ClipTnseg)
    result = fill(built, found, file.name)
    _compare_frozen(built.backbone, found, file.name, clip)
    save_network(out, built, recipe.network.name, recipe.network.options)
    write_text(out / "recipe.toml", to_toml(recipe))
    write_json(
        out / RUN,
        {
            "schema_version": "1.0",
            "recipe": recipe.model_dump(mode="json"),
            # Nobody knows what it learned from.
            "data": {"identity": None},
            "fold": None,
            "labels": {},
            "versions": {name: metadata.version(name) for name in ("nodulens", "torch")},
            "finished": True,
            "converted": {
                "file": file.name,
                "sha256": sha256_of(file),
                "clip_sha256": sha256_of(clip) if clip.is_file() else None,
                "used": result.used,
                "skipped": result.skipped,
            },
            "parameters": count_parameters(built),
        },
    )
    return result


def fill(network: ClipTnseg, found: Mapping[str, Tensor], name: str) -> Conversion:
    """Copy the tensors of a reference checkpoint into a network.

    The names are the same. The reference's transformer layers take the sequence first, ours the
    batch; that changes no weight.

    Raises:
        BadData: names are missing, unknown, or of another shape; nothing was copied then.
    """
    own = network.state_dict()
    used: list[str] = []
    skipped: dict[str, list[str]] = {}
    problems: list[str] = []
    for key, value in found.items():
        reason = _skip(key)
        if key in own and value.shape != own[key].shape:
            problems.append(f"{key} is {tuple(value.shape)}, not {tuple(own[key].shape)}")
        elif key in own and not value.is_floating_point():
            problems.append(f"{key} is {value.dtype}, not floating point")
        elif key in own:
            used.append(key)
        elif reason is not None:
            skipped.setdefault(reason, []).append(key)
        else:
            problems.append(f"{key} is unknown")
    problems += [f"{key} is missing" for key in own if key not in found]
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise BadData(
            f"{name}: not a checkpoint of the reference: {'; '.join(problems[:_SHOWN])}{more}"
        )
    network.load_state_dict({key: found[key].float() for key in used})
    return Conversion(sorted(used), {reason: sorted(keys) for reason, keys in skipped.items()})


def _skip(key: str) -> str | None:
    """Say why a name of the reference is not wanted; None where it is wanted or unknown."""
    if key in {f"{prefix}reduce.{part}" for prefix in ("", "CGB.") for part in ("weight", "bias")}:
        return _UNUSED
    if key.startswith(_COARSE):
        return _COPY
    if key.removeprefix("CGB.").startswith(_CLIP):
        return _FROZEN
    return None


def _read(file: Path) -> dict[str, Tensor]:
    if not file.is_file():
        raise BadData(f"{file}: no such file")
    content = load_pytorch(file)
    if not isinstance(content, dict) or not content:
        raise BadData(f"{file}: not a PyTorch state dict")
    strange = [str(key) for key, value in content.items() if not isinstance(value, Tensor)]
    if strange:
        raise BadData(f"{file}: not a state dict: {', '.join(strange[:5])} is no tensor")
    return content


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
