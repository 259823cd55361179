"""How uneven the border of a nodule is.

With A the area and r = √(A/π) the radius of the disc of that area, of the mask alone:

- roughness: root mean square distance between the outline and the same outline smoothed along its
  length (a Gaussian with a standard deviation of 4 % of the perimeter), over r; 0 for a disc;
- spiculation: share of the area that an opening with a disc of radius r/3 takes away: whatever is
  narrower than two thirds of r; 0 for a disc and for an ellipse up to three times as long as wide.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from nodulens.measure.outline import bounding_box, outline

_POINTS = 512
"""Places along the outline, equally far apart."""
_SMOOTH = 0.04
_OPENING = 1 / 3


class Boundary(NamedTuple):
    """What this module measures, both without a unit.

    Attributes:
        roughness: 0 for a smooth outline.
        spiculation: 0 to 1.
    """

    roughness: float
    spiculation: float


def measure_boundary(mask: NDArray[np.bool_]) -> Boundary:
    """Describe the border of a nodule.

    Args:
        mask: bool (H, W), not empty, one connected part, of square pixels.
    """
    radius = float(np.sqrt(np.count_nonzero(mask) / np.pi))
    points = _evenly(outline(mask))
    # The pixels' own staircase is no roughness: both lines are free of it.
    fine = ndimage.gaussian_filter1d(points, _POINTS * 0.004, axis=0, mode="wrap")
    smooth = _smoothed(points)
    away = np.linalg.norm(fine - smooth, axis=1)
    return Boundary(
        roughness=float(np.sqrt(np.mean(away**2))) / radius,
        spiculation=_narrow_share(mask, radius * _OPENING),
    )


def _evenly(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points (N, 2) along a closed line at equal distances."""
    closed = np.concatenate([points, points[:1]])
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    places = np.arange(_POINTS) / _POINTS * along[-1]
    return np.stack([np.interp(places, along, closed[:, axis]) for axis in (0, 1)], axis=1)


def _smoothed(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smooth a closed line, without drawing it together as a Gaussian alone does."""

    def blur(line: NDArray[np.float64]) -> NDArray[np.float64]:
        return ndimage.gaussian_filter1d(line, _POINTS * _SMOOTH, axis=0, mode="wrap")

    once = blur(points)
    return once + blur(points - once)


def _narrow_share(mask: NDArray[np.bool_], radius: float) -> float:
    """Return the share of a mask that no disc of the radius inside it covers."""
    part = np.pad(mask[bounding_box(mask).slices], int(radius) + 2)
    core = ndimage.distance_transform_edt(part) > radius
    if not core.any():
        return 1.0
    # Half a pixel more: the distance is between centres of pixels.
    opened = part & (ndimage.distance_transform_edt(~core) <= radius + 0.5)
    return 1 - float(np.count_nonzero(opened) / np.count_nonzero(part))
