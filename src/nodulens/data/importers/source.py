"""What an importer yields: an image of somebody else's data set, or something odd about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nodulens.data.pictures import SUFFIXES

Polygon = list[tuple[float, float]]


@dataclass
class SourceImage:
    """One image as its publisher laid it out.

    Attributes:
        path: the image file.
        id: unique in the set; becomes the file's path without ending in the imported set.
        mask_files: its masks, whose union is the mask; none where nobody outlined it.
        polygons: its outlines instead, as corners (x, y) in pixels.
        patient, text, labels, split, notes: as in :class:`nodulens.data.manifest.Row`.
    """

    path: Path
    id: str
    mask_files: list[Path] = field(default_factory=list)
    polygons: list[Polygon] = field(default_factory=list)
    patient: str | None = None
    text: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    split: str | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Oddity:
    """Something in the source that was not imported or not as it should be.

    Attributes:
        path: the file that it is about.
        what: what is odd, and what was done about it; the same words for the same thing, so that
            a report can count them.
        lost: a file that should have been imported could not be.
    """

    path: Path
    what: str
    lost: bool = False


Importer = Callable[[Path], Iterator[SourceImage | Oddity]]
"""Reads a published layout from a folder; raises BadData where the folder is no such set."""


def pictures_in(folder: Path) -> list[Path]:
    """Return the picture files directly in a folder, in the order of their names."""
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file()
    )
