"""A nodule outlined from clicks alone, where the network sees none."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.segmentation import random_walker

from nodulens.finding import Area

Point = tuple[float, float]

SIDE = 96
"""Pixels of the longer side of what is walked over."""
_REACH = 0.42
"""Of the scan area's shorter side that is looked at around positive clicks; few nodules are wider
than twice that."""
_DOT = 4
"""Radius of a click in pixels of the walk."""
_SMOOTHED = 2.0
"""Pixels of the walk over which speckle is averaged."""
_BETA = 2500.0
"""How much an edge holds the walker up."""
_LEVELS = np.geomspace(0.001, 0.7, 20)
"""Probabilities of the walk whose outlines are compared."""
_RING = 3
"""Pixels of the walk, inside and outside of an outline, whose greys are compared."""
_USUAL = 0.45
"""Radius of a usual nodule, of half the region's side."""
_SPREAD = 0.55
"""Standard deviation of the natural logarithm of that radius."""


def grow(
    pixels: NDArray[np.uint8],
    area: Area,
    positive: Sequence[Point],
    negative: Sequence[Point],
) -> NDArray[np.bool_]:
    """Outline what lies around positive clicks, from grey values alone.

    A random walk (Grady, IEEE PAMI 28, 2006) from the clicks to the border of a region around them.
    Its level sets are outlines of all sizes around the clicks; the one is taken whose border parts
    the greys best, with a mild preference for usual sizes. Negative clicks, which the walk does not
    enter, bound all of them.

    Args:
        pixels: uint8 (H, W), grey.
        area: the scan area, which the outline does not leave.
        positive: points (x, y) inside, one at least.
        negative: points (x, y) outside.

    Returns:
        bool (H, W): one part for positive clicks that are joined, without holes.
    """
    box = _region(area, positive)
    scale = SIDE / max(box.width, box.height)
    width, height = max(16, round(box.width * scale)), max(16, round(box.height * scale))
    grey = _resized((pixels[box.slices] / 255).astype(np.float32), (width, height))
    grey = np.asarray(ndimage.gaussian_filter(grey, _SMOOTHED), np.float32)
    y, x = np.mgrid[:height, :width]
    seeds = np.zeros((height, width), np.int32)
    seeds[[0, -1]] = seeds[:, [0, -1]] = 2
    for points, side in ((positive, 1), (negative, 2)):
        for point in points:
            at_x = (point[0] - box.x + 0.5) * width / box.width - 0.5
            at_y = (point[1] - box.y + 0.5) * height / box.height - 0.5
            # A click just outside of the region is none of its pixels.
            seeds[np.hypot(x - at_x, y - at_y) <= _DOT] = side
    with warnings.catch_warnings():
        # It recommends a package that is no faster at this size.
        warnings.simplefilter("ignore")
        walked = random_walker(
            grey, seeds, beta=_BETA, mode="cg_j", tol=1e-4, return_full_prob=True
        )[0]
    share = _resized(np.asarray(walked, np.float32), (box.width, box.height))
    result = np.zeros(pixels.shape, np.bool_)
    result[box.slices] = share >= _best_level(grey, np.asarray(walked), seeds == 1)
    return np.asarray(ndimage.binary_fill_holes(result))


def _best_level(
    grey: NDArray[np.float32], walked: NDArray[np.float64], clicked: NDArray[np.bool_]
) -> float:
    """Return the probability whose outline parts the greys best."""
    best, level = -np.inf, float(_LEVELS[-1])
    usual = _USUAL * max(grey.shape) / 2
    for one in _LEVELS:
        inside = ndimage.binary_fill_holes(walked >= one)
        if not (inside & clicked).any():
            continue
        depth = ndimage.distance_transform_edt(inside)
        away = ndimage.distance_transform_edt(~inside)
        inner, outer = grey[inside & (depth <= _RING)], grey[~inside & (away <= _RING)]
        if not outer.size:
            continue
        contrast = abs(float(inner.mean() - outer.mean()))
        noise = float(np.sqrt((inner.var() + outer.var()) / 2)) + 0.02
        radius = float(np.sqrt(inside.sum() / np.pi))
        off = np.log(radius / usual) / _SPREAD
        score = contrast / noise * float(np.exp(-(off**2) / 2))
        if score > best:
            best, level = score, float(one)
    return level


def _region(area: Area, points: Sequence[Point]) -> Area:
    """Return what is looked at: so far around the clicks as a nodule may reach."""
    reach = _REACH * min(area.width, area.height)
    xs, ys = [x for x, _ in points], [y for _, y in points]
    x0, y0 = max(area.x, int(min(xs) - reach)), max(area.y, int(min(ys) - reach))
    x1 = min(area.x + area.width, int(max(xs) + reach) + 2)
    y1 = min(area.y + area.height, int(max(ys) + reach) + 2)
    return Area(x=x0, y=y0, width=x1 - x0, height=y1 - y0)


def _resized(plane: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    image = Image.fromarray(plane.astype(np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR))
