"""Find the marks that whoever measured a nodule left on the scan.

Calipers show where the nodule is and how large: figures on such pictures flatter. The machine draws
them as small crosses, ``+`` or ``x``, in one grey or colour, and in twos at least.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nodulens.finding import Area
from nodulens.frames.scan_area import find_scan_areas

_ARMS = range(3, 17)
"""Pixels from the centre of a cross to the end of an arm that are looked for."""
_CONTRAST = 24
"""Grey levels by which every pixel of an arm exceeds what lies on both sides of it."""
_EVEN = 0.65
"""Least share of the brightest pixel of the arms that the darkest has: JPEG makes them uneven."""
_BEYOND = 3
"""Pixels beyond the end of an arm, where it must have ended."""
_ONE_GREY = 0.08
"""Share by which the arms of two marks that are one drawn twice may differ in grey."""
_ALIKE = 0.45
"""Correlation of two such marks, at least; the tissue behind them differs."""
_APART = 6
"""Lengths of an arm between them, at least: chance crosses come close together, in one echo."""

Kind = Literal["+", "x"]
_Strokes = tuple[tuple[int, int], tuple[int, int]]
_STROKES: dict[Kind, _Strokes] = {"+": ((0, 1), (1, 0)), "x": ((1, 1), (1, -1))}
"""The two strokes of a cross, each as its step down and to the right."""


@dataclass(frozen=True)
class Mark:
    """One caliper.

    Attributes:
        x, y: column and row of its centre, in pixels.
        arm: pixels from the centre to the end of an arm; along either axis for an ``x``.
        kind: its shape.
        grey: mean of the arms, 0 to 255.
    """

    x: int
    y: int
    arm: int
    kind: Kind
    grey: float


def find_calipers(pixels: NDArray[np.uint8], areas: list[Area] | None = None) -> list[Mark]:
    """Return the calipers on the scan, top to bottom.

    A heuristic, made to be silent rather than wrong: marks that touch a letter or lie on tissue as
    bright as they are go unseen, and so do stars, dots, arrows, and a cross that stands alone.

    Measured with four marks around the nodule of each of 150 phantoms (arms of 3 to 12 pixels, 1 to
    3 wide, whole or open in the middle, half of the pictures through JPEG): some are found in 97 %
    of the pictures where they have a grey of 220 or more, in 75 % at 170, and in 7 % at 130, which
    is the tissue's own. On the same phantoms without marks nothing is found. Checked by eye: on the
    382 development images of DDTI all 26 pictures where something is found have calipers, and one
    more is known that has; on 80 of BUSI, 9 of the 12 that have some are found and no other. The
    bounds were chosen on these two sets.

    Args:
        pixels: uint8 array (H, W), grey.
        areas: the scan areas; found if not given.
    """
    found = [
        mark
        for area in (areas if areas is not None else find_scan_areas(pixels))
        for mark in _crosses(pixels, area)
    ]
    drawn = {mark for pair in combinations(found, 2) if _same(pixels, *pair) for mark in pair}
    return sorted(drawn, key=lambda mark: (mark.y, mark.x))


def _crosses(pixels: NDArray[np.uint8], area: Area) -> Iterator[Mark]:
    """Yield everything on a scan that looks like a cross, the largest that fits each place."""
    grey = pixels[area.slices].astype(np.int16)
    for kind, strokes in _STROKES.items():
        taken = np.zeros(grey.shape, bool)
        for arm in reversed(_ARMS):
            if min(grey.shape) <= 2 * (arm + _BEYOND):
                continue
            for y, x in np.argwhere(_fits(grey, strokes, arm)).tolist():
                along = _along(grey, strokes, y, x, _steps(arm))
                ends = _along(grey, strokes, y, x, range(arm + _BEYOND, arm + _BEYOND + 1))
                even = along.min() >= _EVEN * along.max()
                # A dotted line may lead from one arm to the other caliper.
                ended = (ends < along.min()).sum() >= (3 if arm > 4 else 4)
                if even and ended and not taken[y, x]:
                    yield Mark(x + area.x, y + area.y, arm, kind, float(along.mean()))
                    taken[max(0, y - arm) : y + arm + 1, max(0, x - arm) : x + arm + 1] = True


def _steps(arm: int) -> range:
    """Return the distances from the centre that are looked at: many crosses are open there."""
    return range(max(2, (arm + 1) // 2), arm + 1)


def _fits(grey: NDArray[np.int16], strokes: _Strokes, arm: int) -> NDArray[np.bool_]:
    """Mark the centres whose four arms are bright lines."""
    margin = arm + _BEYOND
    fits = np.zeros(grey.shape, bool)
    fits[margin:-margin, margin:-margin] = True
    for down, right in strokes:
        line = np.zeros(grey.shape, bool)
        # Strokes of one to three pixels, and thicker ones with long arms.
        for off in {2, max(2, arm // 2)}:
            shifts = (off * right, -off * down), (-off * right, off * down)
            sides = [np.roll(grey, shift, (0, 1)) for shift in shifts]
            line |= grey - np.maximum(*sides) >= _CONTRAST
        for step in _steps(arm):
            for way in (step, -step):
                fits &= np.roll(line, (way * down, way * right), (0, 1))
    return fits


def _along(
    grey: NDArray[np.int16], strokes: _Strokes, y: int, x: int, steps: range
) -> NDArray[np.int16]:
    ways = [way for step in steps for way in (step, -step)]
    return np.array([grey[y + w * down, x + w * right] for down, right in strokes for w in ways])


def _same(pixels: NDArray[np.uint8], one: Mark, other: Mark) -> bool:
    """Whether two marks are one mark drawn twice."""
    arm = max(one.arm, other.arm)
    if (
        one.kind != other.kind
        or arm - min(one.arm, other.arm) > 1
        or abs(one.grey - other.grey) > _ONE_GREY * max(one.grey, other.grey)
        or np.hypot(one.x - other.x, one.y - other.y) < _APART * arm
    ):
        return False
    half = arm + 1
    first, second = (
        pixels[mark.y - half : mark.y + half + 1, mark.x - half : mark.x + half + 1].ravel()
        for mark in (one, other)
    )
    return bool(np.corrcoef(first, second)[0, 1] >= _ALIKE)
