"""A nodule made into a prompt: a picture in which little else is to be seen.

CLIP-TNseg (arXiv 2412.05530) and CLIPSeg (arXiv 2112.10003) show such a picture of one sample to a
frozen image tower and let its answer stand for the words of another sample. That crop, blur and dim
belong together is theirs; how strong the blur is, and what happens at the border, is ours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from nodulens.errors import BadData

_CONTEXT = 0.1
_DIM = 0.1
_BLUR = 3 / 352


def visual_prompt(
    pixels: NDArray[np.uint8], mask: NDArray[np.bool_], size: int
) -> NDArray[np.uint8]:
    """Crop a picture to its nodule, blur the rest and dim it to a tenth.

    The crop is the mask's bounding box with a tenth of its sides added all around, made square by
    growing its shorter side. At the border it is moved inwards; a square that is larger than the
    picture is filled up with black.

    Args:
        pixels: uint8 (H, W).
        mask: bool (H, W), of at least one pixel.
        size: side of the result in pixels.

    Returns:
        uint8 (size, size).

    Raises:
        BadData: the mask is empty or of another shape.
    """
    if mask.shape != pixels.shape:
        raise BadData(f"visual prompt: a mask {mask.shape} does not fit a picture {pixels.shape}")
    if not mask.any():
        raise BadData("visual prompt: the mask is empty; there is nothing to show")
    top, left, side = _square(mask)
    picture = np.asarray(_resized(_cut(pixels, top, left, side), size), np.float32)
    inside = np.asarray(_resized(_cut(mask.astype(np.uint8) * 255, top, left, side), size)) > 127
    around = _DIM * ndimage.gaussian_filter(picture, _BLUR * size, mode="nearest")
    return np.where(inside, picture, around).round().clip(0, 255).astype(np.uint8)


def _square(mask: NDArray[np.bool_]) -> tuple[int, int, int]:
    """Return the first row, first column and side of the crop."""
    spans = []
    for axis in (1, 0):
        (places,) = np.nonzero(mask.any(axis=axis))
        spans.append((int(places[0]), int(places[-1]) + 1))
    side = round(max(end - start for start, end in spans) * (1 + 2 * _CONTEXT))
    starts = []
    for (start, end), length in zip(spans, mask.shape, strict=True):
        first = round((start + end - side) / 2)
        room = length - side
        starts.append(min(max(first, min(0, room)), max(0, room)))
    return starts[0], starts[1], side


def _cut(values: NDArray[np.uint8], top: int, left: int, side: int) -> NDArray[np.uint8]:
    result = np.zeros((side, side), np.uint8)
    height, width = values.shape
    y, x = max(top, 0), max(left, 0)
    part = values[y : min(top + side, height), x : min(left + side, width)]
    result[y - top : y - top + part.shape[0], x - left : x - left + part.shape[1]] = part
    return result


def _resized(values: NDArray[np.uint8], size: int) -> Image.Image:
    return Image.fromarray(values).resize((size, size), Image.Resampling.BILINEAR)
