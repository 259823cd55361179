"""Weights of a CLIP model from any file they are passed on in, never running code from it."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from nodulens.errors import BadData
from nodulens.models.backbones.torchscript import is_torchscript, read_torchscript

NAMES = (
    "open_clip_model.safetensors", "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin", "model.safetensors", "pytorch_model.bin",
)  # fmt: skip
"""What weights in a folder are called; the first that is there is read."""

_OPENAI_FACTS = ("input_resolution", "context_length", "vocab_size")


class Weights(NamedTuple):
    """Tensors by name.

    Attributes:
        tensors: in the names that OpenAI's CLIP and open_clip share.
        openai: whether the file shows that it is OpenAI's, so that its activation is QuickGELU.
    """

    tensors: dict[str, Tensor]
    openai: bool


def read_weights(path: Path) -> Weights:
    """Read a file of weights, or those in a folder.

    Args:
        path: ``.safetensors``; a PyTorch file of tensors (a state dict, or a training's checkpoint
            with one under ``state_dict``); OpenAI's TorchScript archive; a folder with a file of
            one of :data:`NAMES`.

    Raises:
        BadData: there is no such file, it holds anything but tensors, or it is damaged.
    """
    if path.is_dir():
        found = [path / name for name in NAMES if (path / name).is_file()]
        if not found:
            raise BadData(f"{path}: none of {', '.join(NAMES)} there")
        path = found[0]
    if not path.is_file():
        raise BadData(f"{path}: no such file or folder")
    if path.suffix == ".safetensors":
        content = _safetensors(path)
    elif is_torchscript(path):
        content = read_torchscript(path)
    else:
        content = _tensors_only(path)
    openai = all(name in content for name in _OPENAI_FACTS)
    for name in _OPENAI_FACTS:
        content.pop(name, None)
    return Weights(content, openai)


def _safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise BadData(f"{path}: damaged, or no safetensors file ({error})") from error


def load_pytorch(path: Path) -> Any:
    """Return the content of a PyTorch file that holds nothing but tensors and plain data.

    Raises:
        BadData: it holds more, or is damaged or none.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise BadData(
            f"{path}: damaged, or holds more than tensors, and such a file could run a program; "
            "convert it to safetensors where you trust it"
        ) from error
    except (RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        raise BadData(f"{path}: damaged, or no PyTorch file ({error})") from error


def _tensors_only(path: Path) -> dict[str, Tensor]:
    content = load_pytorch(path)
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict) or not all(isinstance(v, Tensor) for v in content.values()):
        raise BadData(f"{path}: no state dict: names and tensors are needed, nothing else")
    # What a training on several machines puts before every name.
    if content and all(name.startswith("module.") for name in content):
        content = {name.removeprefix("module."): value for name, value in content.items()}
    return dict(content)
