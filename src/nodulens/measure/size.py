"""How large a nodule is: area, long axis and short axis, as calipers measure them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from nodulens.finding import Area
from nodulens.measure.outline import bounding_box, outline

Point = tuple[float, float]
Line = tuple[Point, Point]

_POSITIONS = 256
"""Places along the long axis where the width is measured."""


@dataclass(frozen=True)
class Size:
    """Size of one nodule; what is in millimetres is None where the scale is unknown.

    Attributes:
        area_px: number of pixels.
        area_mm2: in square millimetres.
        long_axis_line: ends (x, y), in pixels, of the maximum Feret diameter of the outline: its
            two points that lie farthest apart.
        short_axis_line: ends (x, y), in pixels, of the greatest extent of the outline along a line
            perpendicular to the long axis.
        long_axis_px, short_axis_px: lengths of these lines in pixels.
        long_axis_mm, short_axis_mm: their lengths in millimetres.
        bounding_box: along the picture's axes.
    """

    area_px: int
    area_mm2: float | None
    long_axis_line: Line
    short_axis_line: Line
    long_axis_px: float
    short_axis_px: float
    long_axis_mm: float | None
    short_axis_mm: float | None
    bounding_box: Area


def measure_size(mask: NDArray[np.bool_], mm_per_px: tuple[float, float] | None = None) -> Size:
    """Measure a nodule.

    Args:
        mask: bool (H, W), not empty, one connected part.
        mm_per_px: millimetres a pixel along x and along y; None where unknown. Where the two
            differ, "farthest apart" and "perpendicular" are meant in millimetres.

    Returns:
        The size. A single pixel is 1 pixel long and wide.
    """
    spacing = np.asarray(mm_per_px if mm_per_px is not None else (1.0, 1.0))
    points = outline(mask) * spacing
    long_axis = _farthest_apart(points)
    short_axis = _widest_across(points, long_axis)
    area = int(np.count_nonzero(mask))
    return Size(
        area_px=area,
        area_mm2=None if mm_per_px is None else area * float(spacing.prod()),
        long_axis_line=_line(long_axis / spacing),
        short_axis_line=_line(short_axis / spacing),
        long_axis_px=_length(long_axis / spacing),
        short_axis_px=_length(short_axis / spacing),
        long_axis_mm=None if mm_per_px is None else _length(long_axis),
        short_axis_mm=None if mm_per_px is None else _length(short_axis),
        bounding_box=bounding_box(mask),
    )


def _farthest_apart(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the two points (2, 2) of the greatest distance."""
    corners = points[np.sort(ConvexHull(points).vertices)]
    distance = np.linalg.norm(corners[:, None] - corners[None], axis=-1)
    # Rounded, so that of equal diameters (a disc) the first wins on every machine.
    first, second = np.unravel_index(np.round(distance, 9).argmax(), distance.shape)
    ends = corners[[first, second]]
    return ends[np.lexsort((ends[:, 1], ends[:, 0]))]


def _widest_across(points: NDArray[np.float64], axis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ends (2, 2) of the outline's greatest extent perpendicular to an axis."""
    along = (axis[1] - axis[0]) / np.linalg.norm(axis[1] - axis[0])
    across = np.array([-along[1], along[0]])
    t, s = (points - axis[0]) @ along, (points - axis[0]) @ across
    t_next, s_next = np.roll(t, -1), np.roll(s, -1)
    # Half a step off both ends, where the outline has no width.
    places = t.min() + (np.arange(_POSITIONS) + 0.5) / _POSITIONS * np.ptp(t)
    at = places[:, None]
    crossed = (np.minimum(t, t_next) <= at) & (at <= np.maximum(t, t_next)) & (t != t_next)
    share = (at - t) / np.where(t == t_next, 1.0, t_next - t)
    height = s + share * (s_next - s)
    top = np.where(crossed, height, -np.inf).max(axis=1)
    bottom = np.where(crossed, height, np.inf).min(axis=1)
    best = int(np.round(top - bottom, 9).argmax())
    foot = axis[0] + places[best] * along
    ends = np.stack([foot + bottom[best] * across, foot + top[best] * across])
    return ends[np.lexsort((ends[:, 0], ends[:, 1]))]


def _line(ends: NDArray[np.float64]) -> Line:
    (x0, y0), (x1, y1) = np.round(ends, 2).tolist()
    return (x0, y0), (x1, y1)


def _length(ends: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(ends[1] - ends[0]))
