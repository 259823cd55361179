"""Anybody's own folder: images, and masks that pair with them by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nodulens.data.importers.source import Oddity, SourceImage
from nodulens.data.pictures import SUFFIXES
from nodulens.errors import BadData

LICENCE = "unknown"

_IMAGES = frozenset({"image", "images", "img", "imgs"})
_MASKS = frozenset({"mask", "masks", "label", "labels", "labelcol", "gt"})
_AFFIX = "mask"
_TABLES = frozenset({".csv", ".xlsx", ".json", ".txt", ".md", ".parquet"})


def read_folder(source: Path) -> Iterator[SourceImage | Oddity]:
    """Read every picture below ``source``, each with the mask of its name where there is one.

    A mask lies in a folder called mask, masks, label, labels, labelcol or gt, or its name is the
    image's with ``_mask`` behind it or ``mask_`` before it; several (``_mask_1`` …) are united.
    Image and mask pair where the paths agree without these words and without the ending, so
    ``a/images/x.jpg`` goes with ``a/masks/x.png``, ``masks/a/x.png`` with ``images/a/x.jpg`` and
    ``x.jpg`` with ``x_mask.png``. The id keeps other subfolders.

    Raises:
        BadData: there is no picture below the folder.
    """
    images: dict[str, Path] = {}
    masks: dict[str, list[Path]] = {}
    for path in sorted(source.rglob("*")):
        if not path.is_file() or _hidden(path.relative_to(source)):
            continue
        if path.suffix.lower() not in SUFFIXES:
            if path.suffix.lower() not in _TABLES:
                yield Oddity(path, "is no PNG, JPEG, BMP or TIFF by its ending; left out")
            continue
        key, is_mask = pairing_key(path.relative_to(source))
        if is_mask:
            masks.setdefault(key, []).append(path)
        elif key in images:
            yield Oddity(path, "has the name of another image; left out", lost=True)
        else:
            images[key] = path
    if not images:
        raise BadData(f"{source}: no picture there; expected PNG, JPEG, BMP or TIFF files")
    for key, image in images.items():
        found = masks.pop(key, [])
        if not found:
            yield Oddity(image, "has no mask; imported without one")
        yield SourceImage(path=image, id=key, mask_files=found)
    for orphans in masks.values():
        for path in orphans:
            yield Oddity(path, "is a mask without an image; left out")


def pairing_key(path: Path) -> tuple[str, bool]:
    """Return what an image and its mask have in common, and whether this is a mask.

    Args:
        path: relative to the set's folder.
    """
    folders = [part for part in path.parent.parts if part.casefold() not in _IMAGES | _MASKS]
    is_mask = any(part.casefold() in _MASKS for part in path.parent.parts)
    stem, marked = _without_affix(path.stem)
    return "/".join([*folders, stem]), is_mask or marked


def _without_affix(stem: str) -> tuple[str, bool]:
    lower = stem.casefold()
    if lower.startswith(f"{_AFFIX}_"):
        return stem[len(_AFFIX) + 1 :], True
    bare, _, number = lower.rpartition("_")
    if number.isdecimal() and bare.endswith(f"_{_AFFIX}"):
        lower = bare
    if lower.endswith(f"_{_AFFIX}"):
        return stem[: len(lower) - len(_AFFIX) - 1], True
    return stem, False


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in path.parts)
