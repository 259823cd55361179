"""Synthetic ultrasound screens."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Pixels = NDArray[np.uint8]


def _speckle(height: int, width: int, seed: int) -> Pixels:
    """Tissue: bright above, darker with depth, never quite black."""
    noise = np.random.default_rng(seed).rayleigh(0.5, (height, width))
    gain = np.linspace(1.0, 0.5, height)[:, None]
    return np.clip(15 + 90 * noise * gain, 12, 190).astype(np.uint8)


def _screen(
    boxes: list[tuple[int, int, int, int]],
    size: tuple[int, int] = (560, 360),
    words: bool = True,
    seed: int = 0,
) -> Pixels:
    """A black screen with a scan in each box (x, y, width, height), text, a logo and a grey bar."""
    image = Image.new("L", size)
    draw = ImageDraw.Draw(image)
    if words:
        width, height = size
        for line, text in enumerate(("P100", "12L6", "9.0", "31fps", "DR65", "2DG")):
            draw.text((width - 30, 4 + 13 * line), text, fill=230)
        draw.text((120, height - 30), "DER   TIRADS 4C", fill=255)
        draw.ellipse((width - 80, height - 30, width - 40, height - 15), outline=255, width=2)
        bar = np.linspace(255, 0, 100).astype(np.uint8)[:, None].repeat(11, axis=1)
        image.paste(Image.fromarray(bar), (8, 160))
    pixels = np.array(image)
    for number, (x, y, wide, high) in enumerate(boxes):
        pixels[y : y + high, x : x + wide] = _speckle(high, wide, seed + number)
    return pixels


def _ticks(
    pixels: Pixels, edge: int, top: float, spacing: float, count: int, large: tuple[int, ...] = ()
) -> None:
    """Draw tick squares down the column ``edge``, and larger ones at the places ``large``."""
    for place in range(count):
        y = round(top + place * spacing)
        reach = 2 if place in large else 0
        pixels[max(0, y - reach) : y + 2 + reach, edge - reach : edge + 2 + reach] = 255


@pytest.fixture(scope="session")
def screen() -> Callable[..., Pixels]:
    return _screen


@pytest.fixture(scope="session")
def ticks() -> Callable[..., None]:
    return _ticks
