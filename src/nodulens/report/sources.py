"""Which files a batch analyzes, in which order, and under which names its results lie."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nodulens.errors import NodulensError
from nodulens.finding import TextOrigin

RUN, FINDINGS = "run.json", "findings.jsonl"
"""Files that together mark a folder as the results of a batch."""

_ENDINGS = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".dcm", ".dicom", ".ima"}
_MASK = re.compile(r"(?P<image>.+)_mask(_\d+)?", re.IGNORECASE)
"""How a mask beside its image is called, ``NAME_mask.png``, and further ones of it."""
_LONGEST_NAME = 160
"""Characters of a result's name; file systems allow 255 bytes, and endings are added."""


@dataclass(frozen=True)
class Source:
    """One file to analyze.

    Attributes:
        path: to open it.
        shown: the path as the caller gave it, as findings record it.
        name: of its results, with forward slashes, without an ending; unique in a batch.
        text: what is said about its pictures; None where nothing is.
        text_from: where ``text`` comes from.
    """

    path: Path
    shown: str
    name: str
    text: str | None = None
    text_from: TextOrigin = "argument"


@dataclass(frozen=True)
class Sources:
    """The files of a batch, and what lay among them.

    Attributes:
        files: to analyze.
        left_out: number of other files.
        masks: how many of these are masks that lie beside their image.
    """

    files: list[Source]
    left_out: int
    masks: int


def collect_sources(inputs: Sequence[Path], out: Path) -> Sources:
    """Find the files of a batch.

    A file that is named is taken whatever it is. Of a folder and all below it, files are taken
    that are called like a picture or DICOM, or that are DICOM whatever they are called; hidden
    ones, DICOMDIR and the results of this or another batch are not, nor is ``NAME_mask.png``
    (``NAME_mask_1.png``, …) where a picture ``NAME`` lies beside it. Links are followed, each
    folder once.

    Args:
        inputs: files and folders.
        out: folder of the results.

    Returns:
        Each file once, in the order of ``inputs`` and by path within a folder.

    Raises:
        NodulensError: an input does not exist, or there is no file at all.
    """
    found: dict[Path, tuple[Path, tuple[str, ...]]] = {}
    left_out = masks = 0
    folders = sum(entry.is_dir() for entry in inputs)
    for entry in inputs:
        if not entry.exists():
            raise NodulensError(f"{entry}: no such file or folder; check the path")
        if not entry.is_dir():
            found.setdefault(entry.resolve(), (entry, (entry.name,)))
            continue
        # Of several folders each is named, so that equal paths below them stay apart.
        root = (entry.resolve().name,) if folders > 1 else ()
        there = sorted(_walk(entry, out), key=lambda path: path.parts)
        pictures = [path for path in there if _is_candidate(path)]
        beside = {path.with_suffix("") for path in pictures}
        wanted = [path for path in pictures if not _is_mask(path, beside)]
        left_out += len(there) - len(wanted)
        masks += len(pictures) - len(wanted)
        for path in wanted:
            found.setdefault(path.resolve(), (path, root + path.relative_to(entry).parts))
    if not found:
        raise NodulensError(
            f"{', '.join(map(str, inputs))}: no PNG, JPEG, BMP, TIFF or DICOM file there"
        )
    paths = [path for path, _ in found.values()]
    names = _unique_names([parts for _, parts in found.values()])
    files = [Source(path, as_text(path), name) for path, name in zip(paths, names, strict=True)]
    return Sources(files, left_out, masks)


def _walk(folder: Path, out: Path) -> Iterator[Path]:
    seen: set[tuple[int, int]] = set()
    own = out.resolve()
    for place, folders, files in os.walk(folder, followlinks=True):
        here = Path(place)
        status = here.stat()
        identity = (status.st_dev, status.st_ino)
        is_result = RUN in files and FINDINGS in files
        if identity in seen or is_result or here.resolve() == own:
            folders.clear()
            continue
        seen.add(identity)
        # In a fixed order, so that of two ways to one folder always the same is taken.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (here / name for name in files if not name.startswith("."))


def _is_candidate(path: Path) -> bool:
    if path.suffix.lower() in _ENDINGS:
        return True
    if path.name.upper() == "DICOMDIR":
        return False
    try:
        with path.open("rb") as stream:
            return stream.read(132)[128:] == b"DICM"
    except OSError:
        return False


def _is_mask(path: Path, beside: Collection[Path]) -> bool:
    """Tell whether a file is called like a mask of one of the files, which have no endings."""
    name = _MASK.fullmatch(path.stem)
    return name is not None and path.with_name(name["image"]) in beside


def _unique_names(parts: list[tuple[str, ...]]) -> list[str]:
    """Name results by folder and stem; by the whole file name where stems collide."""

    def key(name: str) -> str:
        # Some file systems do not tell capitals from small letters.
        return name.casefold()

    stems = ["/".join((*part[:-1], _shortened(Path(part[-1]).stem))) for part in parts]
    whole = ["/".join((*part[:-1], _shortened(part[-1]))) for part in parts]
    counts = Counter(map(key, stems))
    wanted = [s if counts[key(s)] == 1 else w for s, w in zip(stems, whole, strict=True)]
    taken: set[str] = set()
    result = []
    for name in wanted:
        unique, number = name, 1
        while key(unique) in taken:
            number += 1
            unique = f"{name}-{number}"
        taken.add(key(unique))
        result.append(as_text(unique))
    return result


def _shortened(name: str) -> str:
    return name[:_LONGEST_NAME]


def as_text(path: str | Path) -> str:
    """Return a path as text that JSON can hold, whatever bytes the file system gave."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")
