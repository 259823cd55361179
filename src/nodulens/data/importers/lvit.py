"""The layout of text-guided segmentation sets after LViT (Li et al. 2023, arXiv 2206.14718).

``Train_Folder/img/X.png`` with ``Train_Folder/labelcol/mask_X.png`` (QaTa-COV19) or a mask of the
image's own name (MosMedData+, MoNuSeg), and ``Train_Folder/Train_text.xlsx`` with the columns
``Image`` and ``Description``; likewise ``Val_Folder`` and ``Test_Folder``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from nodulens.data.importers.source import Oddity, SourceImage, pictures_in
from nodulens.errors import BadData

LICENCE = "research use with citation (the image set's authors; texts by LViT, arXiv 2206.14718)"
ORACLE = "text was read off the annotation (oracle)"

_PARTS = {"Train_Folder": "train", "Val_Folder": "val", "Test_Folder": "test"}
_IMAGES = ("img", "images")
_MASKS = ("labelcol", "labels")

_SUBJECTS = (
    # BIMCV-COVID19, inside QaTa-COV19: cxr_s11131-e19606-r1 and sub-S11131_ses-E19606…
    re.compile(r"(?:^|_)s(\d+)-e\d+", re.IGNORECASE),
    re.compile(r"sub-s(\d+)", re.IGNORECASE),
    # Volumes that MosMedData+ was sliced from.
    re.compile(r"(Morozov_study_\d+)", re.IGNORECASE),
    re.compile(r"(Jun_[a-z]+_[a-z]*\d+)(?=_)", re.IGNORECASE),
)


def read_lvit(source: Path) -> Iterator[SourceImage | Oddity]:
    """Read the parts that are there.

    Yields:
        An image with its mask, its sentence, its part as ``split`` and, where the name tells the
        subject, its ``patient``.

    Raises:
        BadData: there is no such part, or a spreadsheet lacks its columns.
    """
    parts = [source / name for name in _PARTS if (source / name).is_dir()]
    if not parts:
        raise BadData(
            f"{source}: no {', '.join(_PARTS)} there; the LViT layout is "
            "Train_Folder with img, labelcol and Train_text.xlsx, and likewise Val and Test"
        )
    for part in parts:
        yield from _read_part(part)


def _read_part(part: Path) -> Iterator[SourceImage | Oddity]:
    images, masks = _one_of(part, _IMAGES), _one_of(part, _MASKS)
    sheet = next(iter(sorted([*part.glob("*_text*.xlsx"), *part.glob("*_text*.csv")])), None)
    if sheet is None:
        yield Oddity(part, "has no spreadsheet of texts; imported without")
    texts = _texts(sheet) if sheet else {}
    split = _PARTS[part.name]
    used = set()
    for image in pictures_in(images):
        found = next((path for path in _masks_of(masks, image) if path.is_file()), None)
        if found is None:
            yield Oddity(image, "has no mask; imported without one")
        # The spreadsheet names the mask (QaTa) or the image (MosMed), with or without its ending.
        keys = {_key(image.name), *([_key(found.name)] if found else [])}
        text = next((texts[key] for key in sorted(keys) if key in texts), None)
        used |= keys
        if sheet and text is None:
            yield Oddity(image, "has no sentence in the spreadsheet")
        yield SourceImage(
            path=image,
            id=f"{split}/{image.stem}",
            mask_files=[found] if found else [],
            patient=subject_of(image.stem),
            text=text,
            split=split,
            notes=[ORACLE] if text else [],
        )
    for key in sorted(texts.keys() - used):
        yield Oddity(part / key, "is named in the spreadsheet but not there; its text is left out")


def subject_of(stem: str) -> str | None:
    """Return the subject that a published file name tells, or None."""
    for pattern in _SUBJECTS:
        if match := pattern.search(stem):
            number = match[1]
            return f"s{int(number)}" if number.isdecimal() else number.lower()
    return None


def _one_of(part: Path, names: tuple[str, ...]) -> Path:
    for name in names:
        if (part / name).is_dir():
            return part / name
    raise BadData(f"{part}: no folder {' or '.join(names)} there; the LViT layout needs it")


def _masks_of(masks: Path, image: Path) -> Iterator[Path]:
    for suffix in dict.fromkeys((image.suffix, ".png", ".jpg", ".tif", ".bmp")):
        for name in (f"mask_{image.stem}", image.stem, f"{image.stem}_mask"):
            yield masks / f"{name}{suffix}"


def _key(name: str) -> str:
    return Path(name.strip()).stem


def _texts(path: Path) -> dict[str, str]:
    rows = iter(_rows(path))
    header = [str(cell or "").strip().casefold() for cell in next(rows, ())]
    if "image" not in header or "description" not in header:
        raise BadData(f"{path}: lacks the columns Image and Description; mend its first row")
    image, text = header.index("image"), header.index("description")
    return {
        _key(str(row[image])): " ".join(str(row[text]).split())
        for row in rows
        if len(row) > max(image, text) and row[image] and row[text]
    }


def _rows(path: Path) -> Iterable[tuple[Any, ...]]:
    if path.suffix.lower() == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return [tuple(row) for row in csv.reader(stream)]
    try:
        import openpyxl
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        raise BadData(
            f"{path}: reading it needs openpyxl; `pip install openpyxl`, or save the sheet as CSV"
        ) from error
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            return list(book.worksheets[0].iter_rows(values_only=True))
        finally:
            book.close()
    except (OSError, ValueError, KeyError, BadZipFile, InvalidFileException) as error:
        raise BadData(f"{path}: not a spreadsheet that can be read ({error})") from error
