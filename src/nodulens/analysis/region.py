"""The region of interest around a nodule: what a classifier sees, in training and in use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nodulens.finding import Area


def region_of_interest(
    mask: NDArray[np.bool_], scan_area: Area, *, margin: float = 0.25, minimum: int = 32
) -> Area:
    """Place a square around a nodule, inside its scan area.

    The square is never larger than the scan area and is shifted to lie within it, so that no text
    or grade beside the scan can be seen. Where the scan area is too narrow for the square, the
    region is cut to it; :class:`nodulens.runtime.preprocess.Letterbox` makes up for it in black.

    Args:
        mask: bool (H, W) of one nodule, not empty.
        scan_area: the nodule's.
        margin: added on each side, as a share of the longer side of the nodule's bounding box.
        minimum: least side of the square in pixels.

    Returns:
        The region; cut it out with ``pixels[region.slices]``.

    Raises:
        ValueError: the mask is empty.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        raise ValueError("an empty mask has no region of interest")
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    left, right = int(columns[0]), int(columns[-1]) + 1
    side = max(minimum, round(max(bottom - top, right - left) * (1 + 2 * margin)))
    y, height = _place((top + bottom) / 2, side, scan_area.y, scan_area.height)
    x, width = _place((left + right) / 2, side, scan_area.x, scan_area.width)
    return Area(x=x, y=y, width=width, height=height)


def _place(centre: float, length: int, start: int, available: int) -> tuple[int, int]:
    """Lay a stretch around a centre, shifted and if need be shortened to fit."""
    length = min(length, available)
    return max(start, min(round(centre - length / 2), start + available - length)), length
