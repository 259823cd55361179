"""Archives in uploads: unpacked only if nothing in them is odd."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nodulens.serve.problems import Refusal

_RATIO = 200
"""Most bytes that one byte of an archive may become; pictures of tissue shrink threefold."""
_SMALL = 1 << 20
"""Bytes below which a member's ratio does not matter: an empty mask shrinks a thousandfold."""
_BLOCK = 1 << 20
_ENCRYPTED = 0x1
_TODO = "pack the pictures alone, in a plain ZIP without links"


@dataclass(frozen=True)
class Member:
    """A file of an archive, unpacked.

    Attributes:
        path: where it is now.
        name: what it is called in the archive, with its folders.
    """

    path: Path
    name: str


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP archive, by its first bytes."""
    with path.open("rb") as stream:
        return stream.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def unpack(archive: Path, folder: Path, most_files: int, most_bytes: int) -> Iterator[Member]:
    """Unpack the files of a ZIP archive one by one under plain numbers.

    Names never become paths. What is hidden, and what a Mac adds, is passed over.

    Args:
        archive: the file.
        folder: that gets the files; there is nothing else in it.
        most_files, most_bytes: that it may hold; counted while unpacking, for an archive may lie.

    Raises:
        Refusal: it is damaged, holds a link or a path out of it, is encrypted, or is too large, in
            all or for its packed size.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [one for one in opened.infolist() if not one.is_dir()]
            if len(members) > most_files:
                raise Refusal(
                    413,
                    f"the archive holds {len(members)} files, more than {most_files}",
                    "divide it",
                )
            for one in members:
                _check(one)
            room = most_bytes
            for number, one in enumerate(members):
                if _is_hidden(one.filename):
                    continue
                path = folder / str(number)
                room -= _unpack_one(opened, one, path, room)
                yield Member(path, one.filename)
    except Refusal:
        raise
    # What zipfile raises for archives that are damaged, or packed in a way it does not know.
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError) as error:
        raise Refusal(422, f"the archive cannot be unpacked ({error})", "pack it again") from error
    except Exception as error:  # zlib, lzma and bz2 have errors of their own
        raise Refusal(422, f"the archive is damaged ({error})", "pack it again") from error


def _check(member: zipfile.ZipInfo) -> None:
    name = member.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    kind = stat.S_IFMT(member.external_attr >> 16)
    if name.startswith("/") or ".." in parts or ":" in (parts[0] if parts else ""):
        raise Refusal(422, f"the archive holds {name[:80]!r}, a path that leads out of it", _TODO)
    if kind not in (0, stat.S_IFREG):
        raise Refusal(422, f"the archive holds {name[:80]!r}, a link or no plain file", _TODO)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # Of the other methods zipfile unpacks a block at once, however large that becomes.
        raise Refusal(422, "the archive is packed by another method than deflate", _TODO)
    if member.flag_bits & _ENCRYPTED:
        raise Refusal(422, "the archive is encrypted", "pack it without a password")


def _unpack_one(opened: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, room: int) -> int:
    written = 0
    with opened.open(member) as stream, path.open("xb") as copy:
        while block := stream.read(_BLOCK):
            written += len(block)
            if written > room:
                raise Refusal(413, "the archive unpacks to more than an upload may be", "divide it")
            if written > _SMALL and written > _RATIO * member.compress_size:
                raise Refusal(
                    422, f"the archive unpacks to more than {_RATIO} times its size", _TODO
                )
            copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
    return written


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any(part.startswith((".", "__MACOSX")) for part in parts)
