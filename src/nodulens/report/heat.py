"""What speaks for and against a label, drawn over the region that was judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

_LONGER_SIDE = 400
"""Pixels that a smaller region is enlarged to, so that lines are fine and words readable."""
_DENSEST = 0.65
"""Share of colour where the heat is greatest; the tissue under it can still be seen."""
_FAINTEST = 0.1
"""Log-odds that get the densest colour where no place matters more."""

# Orange and sky blue of Okabe and Ito's palette: told apart by every kind of colour vision.
FOR_COLOUR = (230, 159, 0)
AGAINST_COLOUR = (86, 180, 233)
_OUTLINE, _HALO = (255, 255, 255), (0, 0, 0)
_STRIP, _INK = (18, 21, 24), (236, 239, 242)
_LEGEND = 46


def draw_heat(
    pixels: NDArray[np.uint8],
    heat: NDArray[np.float32],
    outline: NDArray[np.bool_] | None = None,
    *,
    label: str,
    signed: bool = True,
    limit: float | None = None,
) -> NDArray[np.uint8]:
    """Draw a heat map over its region, with a legend below.

    Args:
        pixels: of the region, uint8 (h, w), grey.
        heat: (h, w), finite; above 0 it speaks for the label, below against it.
        outline: of the nodule, bool (h, w), drawn in white; None for none.
        label: that the heat is about.
        signed: whether the legend shows both sides; a map that knows no "against", such as
            Grad-CAM's, has one.
        limit: heat of the densest colour, above 0, the same for pictures that are compared; the
            greatest there is, if None.

    Returns:
        RGB, uint8 (H + 46, W, 3), H×W the region's size, enlarged to a longer side of 400 if
        smaller.

    Raises:
        ValueError: the arrays differ in size.
    """
    if heat.shape != pixels.shape:
        raise ValueError("a region and its heat must have the same height and width")
    if limit is None:
        limit = float(np.abs(heat).max()) or 1.0
    picture = _drawn(pixels, heat / limit, outline)
    return np.concatenate([picture, _legend(picture.shape[1], label, signed, limit)])


def limit_of(heats: Iterable[NDArray[np.float32]]) -> float:
    """Return the heat of the densest colour for maps in log-odds that are to be compared.

    It is the greatest among them, and at least 0.1: where nothing matters, nothing is to look as if
    it did.

    Args:
        heats: (h, w) each; there may be none.
    """
    return max([_FAINTEST, *(float(np.abs(heat).max()) for heat in heats)])


def draw_region(
    pixels: NDArray[np.uint8], outline: NDArray[np.bool_] | None = None
) -> NDArray[np.uint8]:
    """Draw a region as :func:`draw_heat` does, without heat and legend: RGB, uint8 (H, W, 3).

    Raises:
        ValueError: the arrays differ in size.
    """
    return _drawn(pixels, np.zeros(pixels.shape, np.float32), outline)


def _drawn(
    pixels: NDArray[np.uint8], heat: NDArray[np.float32], outline: NDArray[np.bool_] | None
) -> NDArray[np.uint8]:
    height, width = pixels.shape
    factor = max(1.0, _LONGER_SIDE / max(height, width))
    size = (round(width * factor), round(height * factor))
    picture = _coloured(_enlarged(pixels, size), _enlarged(heat, size))
    if outline is not None:
        if outline.shape != pixels.shape:
            raise ValueError("a region and its outline must have the same height and width")
        inside = _enlarged(outline, size) > 0.5
        # Where the region ends the nodule goes on: no line there.
        border = inside & ~ndimage.binary_erosion(inside, iterations=2, border_value=1)
        picture[ndimage.binary_dilation(border, np.ones((3, 3)))] = _HALO
        picture[border] = _OUTLINE
    return picture


def _coloured(grey: NDArray[np.float32], heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Blend colours into grey, 0 to 255, by heat, -1 to 1; beyond these it is as dense as there."""
    share = _DENSEST * np.abs(heat).clip(0, 1)[..., None]
    colour = np.where(heat[..., None] >= 0, FOR_COLOUR, AGAINST_COLOUR)
    return np.rint(grey[..., None] * (1 - share) + colour * share).astype(np.uint8)


def _legend(width: int, label: str, signed: bool, limit: float) -> NDArray[np.uint8]:
    strip = Image.new("RGB", (width, _LEGEND), _STRIP)
    # Over a mid grey, as over tissue.
    ramp = np.linspace(-1 if signed else 0, 1, width - 20, dtype=np.float32)[None].repeat(10, 0)
    strip.paste(Image.fromarray(_coloured(np.full_like(ramp, 96), ramp)), (10, 7))
    draw, font = ImageDraw.Draw(strip), ImageFont.load_default(14)
    left = f"-{limit:.2g} against" if signed else "0"
    draw.text((10, 22), left, _INK, font)
    draw.text((width - 10, 22), f"for {label} +{limit:.2g}", _INK, font, anchor="ra")
    return np.asarray(strip)


def _enlarged(plane: NDArray[Any], size: tuple[int, int]) -> NDArray[np.float32]:
    image = Image.fromarray(plane.astype(np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR))
