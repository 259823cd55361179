"""Bring any picture's values to grey, 0 black to 255 white.

Nothing is stretched to look better: brightness is what the networks learned from, so a value is
only ever divided by what its file says, or shows, the whole range to be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_DEPTHS = (8, 10, 12, 14, 16)
"""Bits a value that scanners and their digitisers use."""
_CHROMA = 32
"""Difference between two colour channels that is colour, not JPEG noise on grey."""


@dataclass
class Picture:
    """One picture as its decoder gives it.

    Attributes:
        grey: uint8 (H, W), 0 black to 255 white.
        colour: uint8 (H, W, 3), red, green, blue; None where it is stored in grey.
        notes: what was noticed, in words.
    """

    grey: NDArray[np.uint8]
    colour: NDArray[np.uint8] | None = None
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of_rgb(cls, rgb: NDArray[np.uint8], notes: list[str]) -> Picture:
        """Reduce uint8 (H, W, 3) to its luminance, and say so where there is colour in it."""
        return cls(luminance(rgb), rgb, notes + [COLOUR_NOTE] * is_coloured(rgb))


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
    # Pillow's whole-number weights let grey come out exactly as it went in.
    return np.array(Image.fromarray(rgb).convert("L"))


def is_coloured(rgb: NDArray[np.uint8]) -> bool:
    """Whether more than a thousandth of the pixels of an array (H, W, 3) are not grey."""
    red, green, blue = (rgb[..., channel] for channel in range(3))
    coloured = _apart(red, green) | _apart(green, blue)
    return bool(coloured.mean() > 0.001)


def _apart(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.bool_]:
    # In 8 bits, so that a large picture takes no more than its own size again.
    return (np.maximum(one, other) - np.minimum(one, other)) > _CHROMA


COLOUR_NOTE = "colour picture reduced to its luminance"
"""Said of a picture with colour in it: Doppler, or drawings in colour."""
