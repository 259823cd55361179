"""Between a view at its own size and a network's fixed input, both ways.

A view is the grey picture of one scan area. It is fitted into the network's input without changing
its proportions (letterbox), because the shape of a nodule is evidence; what remains is black, like
the surroundings of a scan. Training and inference both come through here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_T = TypeVar("_T", bound=np.generic)


@dataclass(frozen=True)
class Letterbox:
    """Where a view lies in a network's input.

    Attributes:
        view: height and width of the view, in pixels.
        size: height and width of the network's input, in pixels.
    """

    view: tuple[int, int]
    size: tuple[int, int]

    @property
    def fitted(self) -> tuple[int, int]:
        """Height and width of the view inside the input."""
        factor = min(self.size[0] / self.view[0], self.size[1] / self.view[1])
        return (
            min(self.size[0], max(1, round(self.view[0] * factor))),
            min(self.size[1], max(1, round(self.view[1] * factor))),
        )

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of the view in an array of the input's size; it lies in the middle."""
        height, width = self.fitted
        top, left = (self.size[0] - height) // 2, (self.size[1] - width) // 2
        return slice(top, top + height), slice(left, left + width)

    def into(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Fit a uint8 view (H, W) into the input's size; around it is 0."""
        result = np.zeros(self.size, np.uint8)
        result[self.slices] = _resize(pixels, self.fitted)
        return result

    def out_of(self, plane: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bring a float32 plane of the input's size back to the view's size."""
        return _resize(np.ascontiguousarray(plane[self.slices]), self.view)


def _resize(plane: NDArray[_T], size: tuple[int, int]) -> NDArray[_T]:
    # Pillow's bilinear filter widens when it shrinks, so that speckle is averaged, not sampled.
    image = Image.fromarray(plane)
    return np.asarray(image.resize((size[1], size[0]), Image.Resampling.BILINEAR))
