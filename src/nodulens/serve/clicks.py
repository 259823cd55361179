"""Outlines made better by a few clicks, by rounding off, by closing holes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.segmentation import random_walker

from nodulens.finding import Area
from nodulens.serve.growth import grow
from nodulens.serve.problems import Refusal

Point = tuple[float, float]

SIDE = 128
"""Pixels of the longer side of what is walked over; 40 ms on one core."""
_INSIDE, _OUTSIDE = 1, 2
_MARGIN = 0.35
"""Of the longer side of what is outlined that the region shows around it."""
_LEAST_REGION = 96
"""Pixels of the least side of a region."""
_BAND = 0.15
"""Of the square root of the outlined area that the outline may move anywhere."""
_REACH = 1.2
"""Within so many times its distance from the outline a click puts everything in doubt."""
_NEAR = 0.4
"""Of the longer side of what the network outlines: farther away, a click means another nodule."""
_DOT = 2
"""Radius of a click in pixels of the walk."""
_WEIGHT = 0.3
"""Of the network's probability beside the grey values: where both are 0 to 1."""
_BETA = 100.0
"""How much an edge holds the walker up."""


def segment_by_clicks(
    pixels: NDArray[np.uint8],
    probability: NDArray[np.float32],
    area: Area,
    positive: Sequence[Point],
    negative: Sequence[Point],
    before: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Outline a nodule so that clicks are on their sides of the outline.

    A random walk (Grady, IEEE PAMI 28, 2006) over the region around clicks and outline, reduced to
    128 pixels. Its seeds are the clicks, the region's border, and what lies well inside or outside
    of the outline so far, except around clicks that say otherwise; it walks over grey values and
    probability alike. Where there is no outline near positive clicks, one is grown from them
    (:mod:`nodulens.serve.growth`).

    Args:
        pixels: uint8 (H, W), grey.
        probability: of nodule, float32 (H, W), as the network sees it.
        area: the scan area, which the outline does not leave.
        positive, negative: points (x, y) that are to be inside, and outside.
        before: bool (H, W), the outline to begin with; None for the network's.

    Returns:
        bool (H, W): one part without holes.

    Raises:
        Refusal: clicks are outside of ``area``, contradict each other, or leave nothing.
    """
    for x, y in [*positive, *negative]:
        within = area.x <= x < area.x + area.width and area.y <= y < area.y + area.height
        if not within:
            raise Refusal(
                422, f"the click at ({x:g}, {y:g}) is outside of the frame", "click in it"
            )
    guess = probability >= 0.5 if before is None else before
    guess = _part_near(guess, positive or negative, _NEAR if before is None and positive else 1.0)
    if before is None and positive and not guess.any():
        result = _part_near(grow(pixels, area, positive, negative), positive)
        if not result.any():
            raise Refusal(422, "the clicks leave nothing inside", "click farther apart")
        return result
    box = _region(guess, [*positive, *negative], area)
    scale = min(1.0, SIDE / max(box.width, box.height))
    size = max(8, round(box.width * scale)), max(8, round(box.height * scale))
    grey = _resized((pixels[box.slices] / 255).astype(np.float32), size)
    belief = probability[box.slices]
    if before is not None:
        # A person's outline goes before the network's opinion, softly at its border.
        belief = ndimage.gaussian_filter(before[box.slices].astype(np.float32), 3 / scale)
    share = _resized(belief, size).clip(0, 1)
    sides, doubt = _seeds(guess[box.slices], box, size, positive, negative)
    looks = np.stack([ndimage.gaussian_filter(grey, 1.0), _WEIGHT * share], axis=-1)
    with warnings.catch_warnings():
        # It recommends a package that is no faster at this size.
        warnings.simplefilter("ignore")
        walked = random_walker(
            looks, sides, beta=_BETA, mode="cg_j", tol=1e-3, return_full_prob=True, channel_axis=-1
        )
    native = box.width, box.height
    inside = _resized(np.asarray(walked[0], np.float32), native) >= 0.5
    doubted = _resized(doubt.astype(np.float32), native) > 0
    result = guess.copy()
    # Where no click casts doubt the outline stays to the pixel.
    result[box.slices] = np.where(doubted, inside, guess[box.slices])
    result = ndimage.binary_fill_holes(_part_near(result, positive))
    if not result.any():
        raise Refusal(422, "the clicks leave nothing inside", "add a positive click")
    return np.asarray(result)


def smooth(mask: NDArray[np.bool_], radius: float) -> NDArray[np.bool_]:
    """Round a mask off.

    Args:
        mask: bool (H, W).
        radius: of what is rounded off, in pixels.

    Returns:
        bool (H, W): its largest part, where the mean under a Gaussian of that radius is above one
        half.

    Raises:
        Refusal: nothing is left.
    """
    soft = ndimage.gaussian_filter(mask.astype(np.float32), radius)
    result = _part_near(soft >= 0.5)
    if not result.any():
        raise Refusal(422, "smoothing leaves nothing of it", "take a smaller radius")
    return result


def fill(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Close the holes of a mask, bool (H, W)."""
    return np.asarray(ndimage.binary_fill_holes(mask))


def _part_near(
    mask: NDArray[np.bool_], points: Sequence[Point] = (), reach: float = 1.0
) -> NDArray[np.bool_]:
    """Leave the connected parts that hold a point, or the nearest one; the largest without points.

    A part that is farther from all points than ``reach`` times its longer side has nothing to do
    with them.
    """
    labels, count = ndimage.label(mask)
    if not count:
        return mask
    if not points:
        return np.asarray(labels == int(np.bincount(labels.ravel())[1:].argmax()) + 1)
    # Rounded at the border, where a point may lie half a pixel outside.
    held = {
        int(labels[tuple(np.clip((round(y), round(x)), 0, np.array(mask.shape) - 1))])
        for x, y in points
    } - {0}
    if held:
        return np.isin(labels, list(held))
    found = []
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        rows, columns = np.nonzero(labels[box] == number)
        away = min(
            float(np.hypot(columns + box[1].start - x, rows + box[0].start - y).min())
            for x, y in points
        )
        if away <= reach * max(np.ptp(rows), np.ptp(columns)):
            found.append((away, number))
    return np.asarray(labels == min(found)[1]) if found else np.zeros_like(mask)


def _region(guess: NDArray[np.bool_], points: Sequence[Point], area: Area) -> Area:
    rows, columns = np.nonzero(guess)
    xs = [x for x, _ in points]
    ys = [y for _, y in points]
    if rows.size:
        xs += [float(columns.min()), float(columns.max())]
        ys += [float(rows.min()), float(rows.max())]
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    longer = max(right - left, bottom - top, _LEAST_REGION / 2)
    margin = _MARGIN * longer
    x0 = max(area.x, int(left - margin))
    y0 = max(area.y, int(top - margin))
    x1 = min(area.x + area.width, int(right + margin) + 2)
    y1 = min(area.y + area.height, int(bottom + margin) + 2)
    return Area(x=x0, y=y0, width=x1 - x0, height=y1 - y0)


def _seeds(
    guess: NDArray[np.bool_],
    box: Area,
    size: tuple[int, int],
    positive: Sequence[Point],
    negative: Sequence[Point],
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return the seeds, (h, w), and where clicks cast doubt on the outline so far."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    near = _resized(guess.astype(np.float32), size) >= 0.5
    # How deep inside, and how far outside, of the outline so far.
    depth = ndimage.distance_transform_edt(np.pad(near, 1))[1:-1, 1:-1]
    away = ndimage.distance_transform_edt(~near) if near.any() else np.zeros(near.shape)
    band = max(float(_DOT), _BAND * float(np.sqrt(near.sum())))
    sides = np.where(near, _INSIDE, _OUTSIDE).astype(np.int32)
    dots = []
    for points, side, wrong in ((positive, _INSIDE, away), (negative, _OUTSIDE, depth)):
        for point in points:
            at_x = (point[0] - box.x + 0.5) * width / box.width - 0.5
            at_y = (point[1] - box.y + 0.5) * height / box.height - 0.5
            distance = np.hypot(x - at_x, y - at_y)
            # The farther off the outline was, the more of it is in doubt.
            off = wrong[min(max(round(at_y), 0), height - 1), min(max(round(at_x), 0), width - 1)]
            reach = band + _REACH * off
            sides[distance <= reach] = 0
            dots.append((distance <= _DOT, side))
    doubt = sides == 0
    sides[[0, -1]] = sides[:, [0, -1]] = _OUTSIDE
    for dot, side in dots:
        sides[dot] = side
    for wanted in (_INSIDE, _OUTSIDE):
        if not (sides == wanted).any():
            raise Refusal(
                422,
                "the clicks leave no place for the other side",
                "click farther apart, or add a click on the other side",
            )
    return sides, doubt


def _resized(plane: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    image = Image.fromarray(plane.astype(np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR))
