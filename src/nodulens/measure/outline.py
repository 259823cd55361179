"""The outline of a mask, between the pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.measure import find_contours

from nodulens.finding import Area


def bounding_box(mask: NDArray[np.bool_]) -> Area:
    """Return the smallest rectangle that holds a mask, bool (H, W).

    Raises:
        ValueError: the mask is empty.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        raise ValueError("an empty mask has no bounding box")
    return Area(
        x=int(columns[0]),
        y=int(rows[0]),
        width=int(columns[-1] - columns[0]) + 1,
        height=int(rows[-1] - rows[0]) + 1,
    )


def outline(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Trace the outer border of a mask half-way between its pixels and the next.

    Marching squares (Lorensen and Cline, SIGGRAPH 1987) at level one half; pixels that meet at a
    corner are connected, and points on straight stretches are left out.

    Args:
        mask: bool (H, W), not empty, one connected part.

    Returns:
        Points (x, y), float64 (N, 2), clockwise on the screen, the first not repeated at the end. A
        pixel's centre has whole coordinates, so that the picture's own corner is (−0.5, −0.5).
    """
    box = bounding_box(mask)
    padded = np.pad(mask[box.slices], 1).astype(np.float32)
    contours = find_contours(padded, 0.5, fully_connected="high", positive_orientation="low")
    points = max(contours, key=len)[:-1, ::-1] + (box.x - 1, box.y - 1)
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    turns = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    return np.asarray(points[turns != 0], np.float64)
