"""BUSI, Breast Ultrasound Images (Al-Dhabyani et al. 2020, Data in Brief 28:104863).

``benign/benign (N).png`` with ``benign (N)_mask.png`` and, for further lesions, ``_mask_1.png``
and so on; likewise ``malignant`` and ``normal``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from nodulens.data.importers.source import Oddity, SourceImage, pictures_in
from nodulens.errors import BadData

LICENCE = "research use with citation (BUSI, doi 10.1016/j.dib.2019.104863)"
ORACLE = "text was written from the mask and may name the class (oracle)"

_CLASSES = ("benign", "malignant", "normal")
_MALIGNANCY = {"benign": "benign", "malignant": "suspicious"}
_MASK = re.compile(r"(?P<image>.+)_mask(?:_\d+)?", re.IGNORECASE)


def read_busi(source: Path) -> Iterator[SourceImage | Oddity]:
    """Read the layout ``CLASS/CLASS (N).png`` + ``CLASS/CLASS (N)_mask[_K].png``.

    ``source`` is the folder that holds the classes or the one above it. A ``text.csv`` there, with
    columns ``image`` and ``text``, gives the texts.

    Yields:
        An image with the union of its masks; that of a normal breast is empty. Labels:
        ``histology`` (``benign``, ``malignant``, ``normal``) and, where there is a lesion,
        ``malignancy`` (``benign``, ``suspicious``).

    Raises:
        BadData: there are no such folders.
    """
    root = next(
        (
            folder
            for folder in (source, source / "Dataset_BUSI_with_GT")
            if any((folder / name).is_dir() for name in _CLASSES)
        ),
        None,
    )
    if root is None:
        raise BadData(
            f"{source}: no benign, malignant or normal there; "
            "BUSI is the folder Dataset_BUSI_with_GT with these three"
        )
    texts = _texts(next((p for p in (source, root) if (p / "text.csv").is_file()), None))
    for name in _CLASSES:
        folder = root / name
        if not folder.is_dir():
            yield Oddity(folder, "is not there; the set lacks this class")
            continue
        yield from _read_class(folder, texts)


def _read_class(folder: Path, texts: dict[str, str]) -> Iterator[SourceImage | Oddity]:
    name = folder.name
    images = []
    masks: dict[str, list[Path]] = {}
    for path in pictures_in(folder):
        if match := _MASK.fullmatch(path.stem):
            masks.setdefault(match["image"], []).append(path)
        else:
            images.append(path)
    for image in images:
        found = masks.pop(image.stem, [])
        if not found:
            yield Oddity(image, "has no mask; imported without one")
        text = texts.get(f"{name}/{image.name}")
        yield SourceImage(
            path=image,
            id=f"{name}/{image.stem}",
            mask_files=found,
            text=text,
            labels={"histology": name}
            | ({"malignancy": _MALIGNANCY[name]} if name in _MALIGNANCY else {}),
            notes=[ORACLE] if text else [],
        )
    for orphans in masks.values():
        for path in orphans:
            yield Oddity(path, "is a mask without an image; left out")


def _texts(folder: Path | None) -> dict[str, str]:
    if folder is None:
        return {}
    path = folder / "text.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        if not {"image", "text"} <= set(reader.fieldnames or ()):
            raise BadData(f"{path}: lacks the columns image and text; take it out or mend it")
        return {row["image"]: row["text"] for row in reader if row["image"] and row["text"]}
