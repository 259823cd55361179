"""What an importer yields: an image of somebody else's data set, or something odd about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass
class SourceImage:
    """One image as its publisher laid it out.

    Attributes:
        path: the image file.
        id: unique in the set; becomes the file's path without ending in the imported set.
        mask: boolean array (H, W) of the image's size; None where nobody outlined it.
        patient, text, labels, split, notes: as in :class:`nodulens.data.manifest.Row`.
    """

    path: Path
    id: str
    mask: NDArray[np.bool_] | None = None
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
        what: what is odd, and what was done about it.
    """

    path: Path
    what: str


Importer = Callable[[Path], Iterator[SourceImage | Oddity]]
"""Reads a published layout from a folder; raises BadData where the folder is no such set."""
