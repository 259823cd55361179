"""Bring any picture's values to grey, 0 black to 255 white.

Nothing is stretched to look better: brightness is what the networks learned from, so a value is
only ever divided by what its file says, or shows, the whole range to be.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_DEPTHS = (8, 10, 12, 14, 16)
"""Bits a value that scanners and their digitisers use."""
_CHROMA = 32
"""Difference between two colour channels that is colour, not JPEG noise on grey."""


def eight_bit(values: NDArray[Any], bits: int | None = None) -> tuple[NDArray[np.uint8], str]:
    """Scale unsigned values of more than 8 bits to 0..255.

    Where the file does not say how many bits are in use, they are taken to be the fewest of 8, 10,
    12, 14 or 16 that hold the largest value: a 12-bit scan in a 16-bit file would come out black
    if it were divided by 65535. Values are then divided by ``2**bits - 1``, times 255, rounded.

    Args:
        values: unsigned integers, any shape.
        bits: bits in use, where the file says it.

    Returns:
        uint8 array of the same shape, and a note of what was done.
    """
    if bits is None:
        largest = int(values.max(initial=0))
        bits = next((depth for depth in _DEPTHS if largest < 2**depth), 16)
    top = 2**bits - 1
    scaled = np.minimum(values, top).astype(np.float32) * (255 / top)
    return np.rint(scaled).astype(np.uint8), f"{bits}-bit values rescaled to 8 bits"


def luminance(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the luminance (ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B) of an array (H, W, 3)."""
    # Whole-number weights out of 65536, so that grey comes out exactly as it went in.
    red, green, blue = (rgb[..., channel].astype(np.uint32) for channel in range(3))
    weighted = red * 19595 + green * 38470 + blue * 7471 + 32768
    return (weighted >> 16).astype(np.uint8)


def is_coloured(rgb: NDArray[np.uint8]) -> bool:
    """Whether more than a thousandth of the pixels of an array (H, W, 3) are not grey."""
    red, green, blue = (rgb[..., channel].astype(np.int16) for channel in range(3))
    chroma = np.maximum(np.abs(red - green), np.abs(green - blue))
    return bool((chroma > _CHROMA).mean() > 0.001)


COLOUR_NOTE = "colour picture reduced to its luminance"
"""Said of a picture with colour in it: Doppler, or drawings in colour."""
