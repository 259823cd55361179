"""What frozen towers said, on disk: a bounded store of arrays by key.

One file an entry. Files are written under a temporary name and renamed, so any number of processes
may read and write one folder, and one that is killed leaves at worst a temporary file, which is
swept away later.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nodulens.errors import BadData
from nodulens.files import write_bytes

_FORMAT = 1
_ALIGNMENT = 64
_MAXIMUM_HEADER = 4096
_ABANDONED_SECONDS = 3600

Half = NDArray[np.float16]


class FeatureCache:
    """Float16 arrays by key, the least recently used dropped when there are too many bytes.

    The bound holds for all processes together up to a sixteenth of it for each that writes at the
    time, because they look at each other's files only now and then. A training walks through its
    pictures in turns: when they do not all fit, most are gone before they come up again, so give
    room for the whole set. Where files cannot be written (a full disk) one warning is given, and
    nothing is stored from then on.

    Args:
        folder: made if it is not there; nothing else belongs into it.
        limit_bytes: of all files together.

    Raises:
        BadData: the folder cannot be made.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes
        self._verified: set[str] = set()
        self._writing = True
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadData(
                f"{folder}: cannot be a feature cache ({error.strerror}); name another folder"
            ) from error
        self._bytes = self._sweep()
        self._unseen = 0

    def get(self, key: str) -> tuple[Half, ...] | None:
        """Return the arrays of a key, memory-mapped and read-only.

        None where there are none, or where the file is not what was written: then it is removed.

        Args:
            key: letters and digits, at least three; a hash.
        """
        path = self._path(key)
        try:
            content = np.memmap(path, np.uint8, "r")
            arrays = _arrays(content, check=key not in self._verified)
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            self._verified.discard(key)
            # Where it cannot even be removed, it is replaced when its features are stored again.
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        self._verified.add(key)
        # The time of change says when it was last used; that of access is not kept everywhere.
        # Another process may have dropped the file meanwhile; what is mapped stays.
        with contextlib.suppress(OSError):
            os.utime(path)
        return arrays

    def put(self, key: str, arrays: Sequence[Half]) -> None:
        """Store arrays under a key; larger ones than the whole cache are left out."""
        content = _file(arrays)
        if not self._writing or len(content) > self.limit_bytes:
            return
        try:
            # A lost or half-written entry is computed again: no need to wait for the disk.
            write_bytes(self._path(key), content, durable=False)
        except OSError as error:
            self._writing = False
            warnings.warn(
                f"{self.folder}: features cannot be stored ({error.strerror}); going on without "
                "storing, slower",
                stacklevel=2,
            )
            return
        self._bytes += len(content)
        self._unseen += len(content)
        if self._bytes > self.limit_bytes or self._unseen > self.limit_bytes / 16:
            self._bytes = self._sweep()
            self._unseen = 0

    def _path(self, key: str) -> Path:
        # Folders of a few thousand files at most: some file systems are slow beyond.
        return self.folder / key[:2] / f"{key}.features"

    def _sweep(self) -> int:
        """Drop abandoned and, where there is too much, old files; return the bytes that stay."""
        found = []
        for path in self.folder.glob("*/*"):
            # Files come and go while another process works here.
            with contextlib.suppress(FileNotFoundError):
                state = path.stat()
                if path.suffix == ".part" and time.time() - state.st_mtime > _ABANDONED_SECONDS:
                    path.unlink()
                else:
                    found.append((state.st_mtime_ns, state.st_size, path))
        total = sum(size for _, size, _ in found)
        if total <= self.limit_bytes:
            return total
        for _, size, path in sorted(found):
            # A little more than needed, so that not every new entry begins a new sweep.
            if total <= self.limit_bytes * 15 / 16:
                break
            # Elsewhere than on POSIX a file that is mapped cannot be removed: the next one, then.
            with contextlib.suppress(PermissionError):
                path.unlink(missing_ok=True)
                total -= size
        return total


def _file(arrays: Sequence[Half]) -> bytes:
    """Return an entry's bytes: a line of JSON, filled up with spaces to 64 bytes, and the arrays.

    Little-endian float16, one array after the other in the order of C.
    """
    payload = b"".join(np.ascontiguousarray(array, "<f2").tobytes() for array in arrays)
    shapes = [list(array.shape) for array in arrays]
    header = json.dumps({"format": _FORMAT, "crc32": _checksum(shapes, payload), "shapes": shapes})
    return (header + " " * (-(len(header) + 1) % _ALIGNMENT) + "\n").encode() + payload


def _arrays(content: NDArray[np.uint8], *, check: bool) -> tuple[Half, ...]:
    """Return the arrays in an entry's bytes.

    Raises:
        ValueError: they are not whole; ``check`` looks at every byte, else the length alone counts.
    """
    line, _, _ = content[:_MAXIMUM_HEADER].tobytes().partition(b"\n")
    header = json.loads(line)
    try:
        version, checksum, shapes = header["format"], header["crc32"], header["shapes"]
        sizes = [math.prod(shape) for shape in shapes]
    except (KeyError, TypeError) as error:
        raise ValueError("no header") from error
    payload = content[len(line) + 1 :]
    if version != _FORMAT or payload.nbytes != 2 * sum(sizes):
        raise ValueError("another format or length")
    if check and checksum != _checksum(shapes, payload.data):
        raise ValueError("other bytes than were written")
    flat = payload.view(np.dtype("<f2"))
    ends = np.cumsum(sizes).tolist()
    return tuple(
        flat[end - size : end].reshape(shape)
        for end, size, shape in zip(ends, sizes, shapes, strict=True)
    )


def _checksum(shapes: list[list[int]], payload: bytes | memoryview) -> int:
    return zlib.crc32(payload, zlib.crc32(json.dumps(shapes).encode()))
