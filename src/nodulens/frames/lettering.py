"""Find letters anywhere on a picture, rather once too often than once too seldom.

What :mod:`nodulens.data.burned_in` finds must be letters, since it counts them; what is found here
is going to be blacked out, so that no name stays readable on the tissue. Letters differ from
speckle by their edge: all around a stroke the grey falls off within a pixel or two, at whatever
grey the stroke has. So the picture is cut at several grey levels, and at each of them components of
a letter's size with such an edge are kept where two or more stand side by side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from nodulens.finding import Area

Box = tuple[slice, slice]
"""Rows and columns."""

_LEVELS = (70, 95, 120, 145, 170, 195, 220, 240)
"""Greys at which the picture is cut: letters on bright tissue come apart from it at a high one."""
_STEEP, _CLIFF, _ROUND = 70.0, 50, 0.9
"""Difference of grey within 3×3 pixels along a letter's edge: its mean, and one that most of the
edge has, and that share. A bright layer of tissue is as steep on one side only."""
_ABOVE = 65.0
"""Grey levels of a letter above the darkest pixel within three of each of its own."""
_LEAST_HEIGHT = 5
"""Pixels; letters of less cannot be read."""
_MOST_HEIGHT = 0.12
"""Of the picture's height."""
_TOUCHING, _WORD, _LONGEST = 4.0, 2.0, 40.0
"""Widths in heights: of a few letters that touch, at most; of a word whose letters all touch, at
least; of a line of them, at most."""
_THREAD, _BAR = 0.08, 0.95
"""Share of its box that a component fills: frames and outlines less, solid bars more."""
_SPACE = 2.5
"""Heights of a letter between two words of a line."""
_ASIDE, _OFF = 1.2, 0.4
"""Heights of a letter by which a line is widened beside, and above and below: an end that touches
tissue goes unseen."""


def find_letters(pixels: NDArray[np.uint8]) -> list[Area]:
    """Return rectangles around everything on a picture that looks like words, digits or dates.

    ``bench/lettering.py`` measures how many are found on real scans, and how much tissue is taken
    for letters.

    Args:
        pixels: uint8 array (H, W): grey or, for letters in colour, the largest of red, green and
            blue.

    Returns:
        Rectangles that may overlap, with a margin in which letters can have gone unseen. Single
        characters, letters of less than five pixels, dark letters on bright, and letters hardly
        brighter than what they stand on are not found.
    """
    greys = pixels.astype(np.int16)
    steep = ndimage.maximum_filter(greys, 3) - ndimage.minimum_filter(greys, 3)
    above = greys - ndimage.minimum_filter(greys, 7)
    found = []
    for level in _LEVELS:
        boxes = _sharp(pixels >= level, steep, above)
        letters = [box for box in boxes if _width(box) <= _TOUCHING * _height(box)]
        words = [[box] for box in boxes if _width(box) >= _WORD * _height(box)]
        found += [_around(line, pixels.shape) for line in _lines(letters) + words]
    return found


def _sharp(
    bright: NDArray[np.bool_], steep: NDArray[np.int16], above: NDArray[np.int16]
) -> list[Box]:
    """Return the boxes of the components whose edges are those of letters."""
    labels, count = ndimage.label(bright, np.ones((3, 3)))
    inside = ndimage.binary_erosion(bright, np.ones((3, 3)))
    edges = np.where(inside, 0, labels)
    _, steepness = _means(edges, steep, count)
    _, cliffs = _means(edges, (steep >= _CLIFF).astype(np.int16), count)
    sizes, height = _means(labels, above, count)
    tallest = max(2 * _LEAST_HEIGHT, _MOST_HEIGHT * bright.shape[0])
    kept = []
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        round_about = steepness[number] >= _STEEP and cliffs[number] >= _ROUND
        if not round_about or height[number] < _ABOVE:
            continue
        fill = sizes[number] / (_height(box) * _width(box))
        bar = fill > _BAR and _width(box) > _height(box)
        right = _LEAST_HEIGHT <= _height(box) <= tallest and _width(box) <= _LONGEST * _height(box)
        if right and fill >= _THREAD and not bar:
            kept.append(box)
    return kept


def _means(
    labels: NDArray[np.int32], values: NDArray[np.int16], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the number of pixels with each label, at least 1, and their mean value."""
    sizes = np.maximum(np.bincount(labels.ravel(), minlength=count + 1), 1).astype(np.float64)
    return sizes, np.bincount(labels.ravel(), values.ravel(), minlength=count + 1) / sizes


def _lines(letters: list[Box]) -> list[list[Box]]:
    """Join letters that stand side by side; one alone is none."""
    lines: list[list[Box]] = []
    for box in sorted(letters, key=lambda box: box[1].start):
        # A line's last two, because one of them may be a comma or have a long tail.
        line = next(
            (one for one in lines if any(_neighbours(last, box) for last in one[-2:])), None
        )
        if line is None:
            lines.append([box])
        else:
            line.append(box)
    return [line for line in lines if len(line) > 1]


def _neighbours(left: Box, right: Box) -> bool:
    taller = max(_height(left), _height(right))
    level = (
        abs(left[0].stop - right[0].stop) <= 0.4 * taller
        or abs(left[0].start - right[0].start) <= 0.25 * taller
    )
    alike = abs(_height(left) - _height(right)) <= 0.55 * taller
    return level and alike and right[1].start - left[1].stop <= _SPACE * taller


def _around(line: list[Box], shape: tuple[int, ...]) -> Area:
    letter = float(np.median([_height(box) for box in line]))
    aside, off = round(_ASIDE * letter), round(_OFF * letter)
    top = max(0, min(rows.start for rows, _ in line) - off)
    bottom = min(shape[0], max(rows.stop for rows, _ in line) + off)
    left = max(0, min(columns.start for _, columns in line) - aside)
    right = min(shape[1], max(columns.stop for _, columns in line) + aside)
    return Area(x=left, y=top, width=right - left, height=bottom - top)


def _height(box: Box) -> int:
    return int(box[0].stop - box[0].start)


def _width(box: Box) -> int:
    return int(box[1].stop - box[1].start)
