"""Words of place and size from a mask, for training with text: "small nodule in the left part".

Shares are of the scan area, so that they mean the same on every screen:

- horizontal: left below 45 % of the width, right from 55 % on, centre between, by the centroid;
- vertical: upper below 35 % of the height, lower from 50 % on, middle between;
- size: very small below 3 % of the area, small below 8 %, medium below 17 %, large below 28 %, very
  large from there on.

Whoever holds the probe brings the nodule to the middle: by thirds, nine in ten would be central.
With these borders most words are said of a tenth or more of DDTI's scan areas.

- shape: taller than wide where the largest part's extent down exceeds its extent across;
- count: connected parts (8 neighbours) of at least 2 % of the largest one's area.

Left and right are the picture's, never the patient's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from nodulens.errors import BadData
from nodulens.finding import Area
from nodulens.text.descriptors import MAX_COUNT, Descriptors, Horizontal, Level, SizeWord
from nodulens.text.descriptors import Orientation as Shape

ACROSS: tuple[tuple[float, Horizontal], ...] = ((0.45, "left"), (0.55, "centre"), (1.01, "right"))
DOWN: tuple[tuple[float, Level], ...] = ((0.35, "upper"), (0.5, "middle"), (1.01, "lower"))
"""Words of place, each up to a share of the scan area's width or height."""
SIZES: tuple[tuple[float, SizeWord], ...] = (
    (0.03, "very small"), (0.08, "small"), (0.17, "medium"), (0.28, "large"), (1.01, "very large"),
)  # fmt: skip
"""Words of size, each up to a share of the scan area."""
W = TypeVar("W", bound=str)

_LEAST_PART = 0.02
_GRID = 160
"""Parts are counted on at most so many rows and columns."""


@dataclass(frozen=True)
class Place:
    """Where a mask lies and how large it is, in words; all None where it is empty.

    Attributes:
        share: of the scan area, 0 to 1.
        centroid: (x, y) as shares of the scan area's width and height, or None.
    """

    present: bool
    count: int = 0
    horizontal: Horizontal | None = None
    vertical: Level | None = None
    size: SizeWord | None = None
    shape: Shape | None = None
    share: float = 0.0
    centroid: tuple[float, float] | None = None

    def descriptors(self) -> Descriptors:
        """Return the words as descriptors; an empty mask is "no nodule"."""
        if not self.present:
            return Descriptors(present=False)
        return Descriptors(
            present=True,
            count=min(self.count, MAX_COUNT),
            horizontal=self.horizontal,
            vertical=self.vertical,
            size=self.size,
            shape=self.shape,
        )


def place_of(mask: NDArray[np.bool_], area: Area | None = None) -> Place:
    """Describe a mask's place and size within its scan area.

    Args:
        mask: bool (H, W); what lies outside ``area`` does not count.
        area: the scan area in pixels of the mask; None for the whole picture.

    Raises:
        BadData: the mask is no picture of true and false, or ``area`` lies outside it.
    """
    if mask.ndim != 2 or mask.dtype != np.bool_:
        raise BadData(f"a mask is a bool array (H, W), not {mask.dtype} of shape {mask.shape}")
    if area is not None:
        mask = mask[area.slices]
    if mask.size == 0:
        raise BadData("a mask without pixels has no place; check the scan area")
    across = np.count_nonzero(mask, axis=0)
    total = int(across.sum())
    if total == 0:
        return Place(present=False)
    height, width = mask.shape
    down = np.count_nonzero(mask, axis=1)
    x = float(across @ np.arange(width) / total + 0.5) / width
    y = float(down @ np.arange(height) / total + 0.5) / height
    columns, rows = np.flatnonzero(across), np.flatnonzero(down)
    box = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    count, (high, wide) = _parts(box)
    share = total / mask.size
    return Place(
        present=True,
        count=count,
        horizontal=_word(ACROSS, x),
        vertical=_word(DOWN, y),
        size=_word(SIZES, share),
        shape="taller than wide" if high > wide else "wider than tall",
        share=share,
        centroid=(x, y),
    )


def _word(words: Iterable[tuple[float, W]], share: float) -> W:
    return next(word for border, word in words if share < border)


def _parts(box: NDArray[np.bool_]) -> tuple[int, tuple[int, int]]:
    """Return the number of parts that count, and the largest one's extents down and across."""
    step = -(-max(box.shape) // _GRID)
    # Labelling is the slow part; every step-th pixel is enough to count with.
    labels, number = ndimage.label(box[::step, ::step], np.ones((3, 3), bool))
    if number <= 1:
        return 1, box.shape
    areas = np.bincount(labels.ravel())[1:]
    largest = int(areas.argmax())
    # Of one part in several only the box is wanted: to the nearest step.
    down, across = ndimage.find_objects(labels)[largest]
    extents = (down.stop - down.start) * step, (across.stop - across.start) * step
    return int(np.count_nonzero(areas >= _LEAST_PART * areas[largest])), extents
