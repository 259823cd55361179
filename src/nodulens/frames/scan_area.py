"""Find the part of a picture that is ultrasound.

A saved ultrasound screen shows the scan amid the machine's text, logos, a grey bar and a depth
ruler. The scan differs from all of them by being *dense*: nearly every pixel of it is off the
background, over a large rectangle. Analysis looks at the scan alone, which puts more pixels on the
nodule and keeps burned-in words (a grade, a name) away from the networks.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from nodulens.finding import Area

_OFF_BACKGROUND = 4
"""Grey levels above the background that count as signal; JPEG noise on black stays below."""
_WINDOW = 0.045
"""Side of the density window as a share of the picture's shorter side: wider than any letter or
grey bar, narrower than any scan."""
_SEAM = 2.6
"""How many times its surroundings' horizontal gradient the seam of a split screen must show."""
_NARROWEST_SPLIT = 16
"""Columns below which nothing is a split screen."""


def find_scan_areas(pixels: NDArray[np.uint8]) -> list[Area]:
    """Return the rectangles of ``pixels`` that hold ultrasound, left to right.

    Args:
        pixels: uint8 array (H, W), grey.

    Returns:
        One area; two or more where the screen is split (by a gap or by a seam). A picture without
        a recognisable border is one whole area; so is a blank one.
    """
    height, width = pixels.shape
    content = _off_background(pixels)
    window = max(3, round(_WINDOW * min(height, width)))
    density = ndimage.uniform_filter(content.astype(np.float32), window)
    labels, count = ndimage.label(density > 0.5)
    if count == 0:
        return [Area(x=0, y=0, width=width, height=height)]
    sizes = np.bincount(labels.ravel())[1:]
    boxes = ndimage.find_objects(labels)
    # A second scan on the screen is of a size with the first; a logo or a thumbnail is not.
    kept = [boxes[i] for i in np.flatnonzero(sizes >= 0.3 * sizes.max())]
    areas: list[Area] = []
    merged = _merge_stacked(kept)
    # Halfway between two scans neither may grow further, or they would overlap.
    between = [(one.stop + other.start) // 2 for (_, one), (_, other) in pairwise(merged)]
    for (rows, columns), *limits in zip(merged, [0, *between], [*between, width], strict=True):
        area = _trim(content, rows, columns, window // 2, (limits[0], limits[1]))
        areas += _split(pixels, content, area)
    return sorted(areas, key=lambda area: (area.x, area.y))


def _off_background(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Mark pixels unlike the picture's uniform border; all of them where it has no such border."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    level = int(np.bincount(border, minlength=256).argmax())
    near = np.abs(pixels.astype(np.int16) - level) <= _OFF_BACKGROUND
    border_near = np.abs(border.astype(np.int16) - level) <= _OFF_BACKGROUND
    if border_near.mean() < 0.3:
        return np.ones_like(near)
    return ~near


def _merge_stacked(boxes: list[tuple[slice, slice]]) -> list[tuple[slice, slice]]:
    """Join boxes that share columns: a dark band across one scan, not two scans."""
    merged: list[tuple[slice, slice]] = []
    for rows, columns in sorted(boxes, key=lambda box: box[1].start):
        if merged and columns.start < merged[-1][1].stop:
            old_rows, old_columns = merged.pop()
            rows = slice(min(rows.start, old_rows.start), max(rows.stop, old_rows.stop))
            columns = slice(old_columns.start, max(columns.stop, old_columns.stop))
        merged.append((rows, columns))
    return merged


def _trim(
    content: NDArray[np.bool_], rows: slice, columns: slice, margin: int, limits: tuple[int, int]
) -> Area:
    """Fit a rectangle to the content around a coarse box.

    The density window blurs the edge by half its width, so the box is first grown by that much and
    then cut back to the rows and columns that are mostly content.
    """
    top, bottom = max(0, rows.start - margin), min(content.shape[0], rows.stop + margin)
    left, right = max(limits[0], columns.start - margin), min(limits[1], columns.stop + margin)
    inner = content[top:bottom, left:right]
    filled_rows = inner.mean(axis=1)
    filled_columns = inner.mean(axis=0)
    # Relative to the typical fill: deep shadow leaves whole columns of a scan half empty.
    in_rows = np.flatnonzero(filled_rows >= 0.35 * np.median(filled_rows))
    in_columns = np.flatnonzero(filled_columns >= 0.35 * np.median(filled_columns))
    return Area(
        x=left + int(in_columns[0]),
        y=top + int(in_rows[0]),
        width=int(in_columns[-1] - in_columns[0]) + 1,
        height=int(in_rows[-1] - in_rows[0]) + 1,
    )


def _split(pixels: NDArray[np.uint8], content: NDArray[np.bool_], area: Area) -> list[Area]:
    """Cut an area in two where it is a split screen: at an empty gap or at a seam."""
    if area.width < max(_NARROWEST_SPLIT, 0.8 * area.height):
        return [area]
    cut = _gap(content[area.slices]) or _seam(pixels[area.slices])
    if cut is None:
        return [area]
    end_of_left, start_of_right = cut
    return [
        area.model_copy(update={"width": end_of_left}),
        area.model_copy(
            update={"x": area.x + start_of_right, "width": area.width - start_of_right}
        ),
    ]


def _central(width: int) -> tuple[int, int]:
    """Columns in which the two halves of a split screen can meet."""
    return round(0.35 * width), round(0.65 * width)


def _gap(content: NDArray[np.bool_]) -> tuple[int, int] | None:
    first, last = _central(content.shape[1])
    empty = np.flatnonzero(content[:, first:last].mean(axis=0) < 0.04) + first
    # A gap is one run of at least two columns; scattered empty columns are deep shadow.
    if len(empty) < 2 or empty[-1] - empty[0] + 1 > 1.5 * len(empty):
        return None
    return int(empty[0]), int(empty[-1]) + 1


def _seam(pixels: NDArray[np.uint8]) -> tuple[int, int] | None:
    """Find the column where two scans touch: grey values jump there in nearly every row."""
    first, last = _central(pixels.shape[1])
    jump = np.abs(np.diff(pixels.astype(np.float32), axis=1))
    # Rows where both sides are black tell nothing.
    lit = ndimage.uniform_filter1d(pixels.astype(np.float32), 9, axis=1)[:, :-1] > 12
    rows = np.maximum(lit.sum(axis=0), 1)
    profile = (jump * lit).sum(axis=0) / rows
    ratio = profile / (ndimage.median_filter(profile, 25) + 1.0)
    at = first + int(ratio[first:last].argmax())
    if ratio[at] < _SEAM or rows[at] < 0.25 * pixels.shape[0]:
        return None
    # The jump must run down the picture; a caliper or a letter is a short one.
    around = ndimage.median_filter(jump[:, max(0, at - 12) : at + 13], size=(1, 25)).mean(axis=1)
    strong = jump[:, at] > 2 * around
    thirds = np.array_split(strong[lit[:, at]], 3)
    if min(part.mean() for part in thirds if part.size) < 0.3:
        return None
    return at + 1, at + 1
