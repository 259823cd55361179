"""Find pictures that occur more than once in a set, exactly or nearly.

Copies under other names, with other burned-in words or other compression, carry the answer from
training into testing; they are found by a perceptual hash of the scan alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import fft

from nodulens.finding import Area
from nodulens.frames.scan_area import find_scan_areas

_SIDE = 32
_LOW = 12
"""12 × 12 low frequencies: 143 bits, because frames of one machine look alike at the usual 64."""
_BLOCK = 1024
"""Pictures that are compared with all others at a time, which bounds the memory."""


def fingerprint(
    pixels: NDArray[np.uint8], areas: Sequence[Area] | None = None
) -> NDArray[np.bool_]:
    """Return the perceptual hash of a grey picture (H, W): 143 bits, boolean.

    The scan is scaled to 32 × 32 and transformed by a discrete cosine transform; each bit tells
    whether a low-frequency coefficient lies above their median. Words outside the scan do not
    matter. The scan areas are found if not given.
    """
    if areas is None:
        areas = find_scan_areas(pixels)
    left, top = min(area.x for area in areas), min(area.y for area in areas)
    right = max(area.x + area.width for area in areas)
    bottom = max(area.y + area.height for area in areas)
    scan = Image.fromarray(pixels[top:bottom, left:right])
    small = np.asarray(scan.resize((_SIDE, _SIDE), Image.Resampling.BOX), np.float64)
    coefficients = fft.dctn(small, norm="ortho")[:_LOW, :_LOW].ravel()[1:]
    return np.asarray(coefficients > np.median(coefficients))


def near_pairs(
    fingerprints: Sequence[NDArray[np.bool_]], bound: int = 24
) -> list[tuple[int, int, int]]:
    """Return pairs (i, j, differing bits) with i < j and at most ``bound`` differing bits."""
    if not fingerprints:
        return []
    # For bits written as ±1 the scalar product counts agreements minus disagreements.
    signs = np.asarray(fingerprints, np.float32) * 2 - 1
    bits = signs.shape[1]
    pairs = []
    for start in range(0, len(signs), _BLOCK):
        apart = np.rint((bits - signs[start : start + _BLOCK] @ signs[start:].T) / 2)
        first, second = np.nonzero(np.triu(apart <= bound, k=1))
        pairs += [
            (start + int(i), start + int(j), int(apart[i, j]))
            for i, j in zip(first, second, strict=True)
        ]
    return pairs


def join(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Return for each of ``count`` items the smallest item that pairs connect it with."""
    root = list(range(count))

    def find(item: int) -> int:
        while root[item] != item:
            root[item] = root[root[item]]
            item = root[item]
        return item

    for first, second in pairs:
        low, high = sorted((find(first), find(second)))
        root[high] = low
    return [find(item) for item in range(count)]
