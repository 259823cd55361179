"""Writing files so that a reader never sees half of one.

Each function writes to a temporary name in the same folder, flushes to the disk and renames; a
crash leaves either the old file or the new one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO


@contextlib.contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """Open ``path`` for binary writing; it appears, whole, when the block ends without an error.

    The block may also read back what it has written.

    Args:
        path: of the file; its folder is made.
        durable: flush to the disk before renaming, so that even a power cut leaves a whole file.
            Without it that holds for a crash of the program only, at a fraction of the time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w+b") as stream:
            yield stream
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
        # mkstemp makes files private; results are meant to be shared like any other file.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write ``content`` to ``path``, all or nothing; ``durable`` as in :func:`replacing`."""
    with replacing(path, durable=durable) as stream:
        stream.write(content)


def write_text(path: Path, content: str) -> None:
    """Write ``content`` to ``path`` as UTF-8, all or nothing."""
    write_bytes(path, content.encode("utf-8"))


def write_json(path: Path, content: Any) -> None:
    """Write ``content`` to ``path`` as indented JSON, all or nothing; NaN is refused."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def flush(path: Path) -> None:
    """Flush a file, or a folder's list of names, to the disk, so that a power cut leaves it."""
    if os.name != "posix" and path.is_dir():
        return  # Windows opens no folders; its file system keeps a journal of names
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _umask() -> int:
    # The mask can only be read by setting it.
    mask = os.umask(0)
    os.umask(mask)
    return mask
