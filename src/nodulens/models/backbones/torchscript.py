"""The tensors of a TorchScript archive, read without running anything of it.

OpenAI publishes CLIP as such archives. ``torch.jit.load`` would build and trust the program inside.
Here the program is not looked at: the archive's ``data.pkl`` is unpickled with a handful of names
allowed, each of which only makes containers and tensors.
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import torch
from torch import Tensor

from nodulens.errors import BadData

_TYPES = {
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


def is_torchscript(path: Path) -> bool:
    """Whether a file is a zip archive with a TorchScript program in it."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(PurePosixPath(name).name == "constants.pkl" for name in archive.namelist())


def read_torchscript(path: Path) -> dict[str, Tensor]:
    """Return the parameters and buffers of an archive by their names, as a state dict has them.

    Raises:
        BadData: the archive is damaged, or asks for anything but modules and tensors.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {
                str(PurePosixPath(*PurePosixPath(info.filename).parts[1:])): info
                for info in archive.infolist()
            }
            for name, info in members.items():
                # What is compressed could grow beyond all memory; PyTorch compresses code alone.
                if name.startswith("data") and info.compress_type != zipfile.ZIP_STORED:
                    raise BadData(f"{path}: compressed tensors, which PyTorch does not write")
            with archive.open(members["data.pkl"]) as stream:
                root = _Reader(stream, archive, members).load()
        return dict(_tensors(root))
    except BadData:
        raise
    except Exception as error:  # a damaged pickle can fail in any way
        raise BadData(f"{path}: not a TorchScript archive of tensors ({error})") from error


class _Module:
    """A module of the archive: its attributes, none of its program."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


class _Storage(NamedTuple):
    """A flat tensor that others are views of."""

    flat: Tensor


class _Reader(pickle.Unpickler):
    """Unpickles modules, tensors and containers; everything else is refused."""

    def __init__(
        self, stream: Any, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]
    ) -> None:
        super().__init__(stream)
        self._archive = archive
        self._members = members
        self._read: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in for a name of the archive."""
        if module == "__torch__" or module.startswith("__torch__."):
            return _Module
        if module == "torch" and name in _TYPES:
            return _TYPES[name]
        allowed = {
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("collections", "OrderedDict"): OrderedDict,
            ("torch.jit._pickle", "restore_type_tag"): _untagged,
            **{
                ("torch.jit._pickle", f"build_{kind}list"): list
                for kind in ("int", "bool", "double", "tensor")
            },
        }
        if (module, name) not in allowed:
            raise BadData(f"{self._archive.filename}: asks for {module}.{name}; refused")
        return allowed[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        """Return the numbers that a tensor is made of."""
        _, kind, key, _, count = pid
        if key not in self._read:
            content = bytearray(self._archive.read(self._members[f"data/{key}"]))
            flat = torch.frombuffer(content, dtype=kind) if content else torch.empty(0, dtype=kind)
            self._read[key] = _Storage(flat[:count])
        return self._read[key]


def _tensor(
    storage: _Storage, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any
) -> Tensor:
    # as_strided checks the bounds.
    return storage.flat.as_strided(size, stride, offset).clone()


def _untagged(value: Any, _: str) -> Any:
    return value


def _tensors(module: _Module, prefix: str = "") -> list[tuple[str, Tensor]]:
    found = []
    for name, value in vars(module).items():
        if isinstance(value, Tensor):
            found.append((prefix + name, value))
        elif isinstance(value, _Module):
            found += _tensors(value, f"{prefix}{name}.")
    return found
