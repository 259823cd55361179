"""Ultrasound screens with words on them, drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from nodulens.finding import Area

SCAN = Area(x=60, y=40, width=300, height=220)


def screen(seed: int = 0) -> NDArray[np.uint8]:
    """Draw smooth speckle at ``SCAN`` on black: uint8 (300, 420), letters on nothing of it."""
    pixels = np.zeros((300, 420), np.uint8)
    grains = np.clip(np.random.default_rng(seed).rayleigh(45, (110, 150)), 12, 190)
    size = SCAN.width, SCAN.height
    scan = Image.fromarray(grains.astype(np.uint8)).resize(size, Image.Resampling.BILINEAR)
    pixels[SCAN.slices] = np.asarray(scan)
    return pixels


def write(
    pixels: NDArray[np.uint8],
    place: tuple[int, int],
    words: str,
    *,
    size: int = 14,
    value: int | tuple[int, int, int] = 255,
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Write words on a picture; return it, and where their strokes are."""
    font = ImageFont.load_default(size)
    image, strokes = Image.fromarray(pixels), Image.new("L", pixels.shape[1::-1])
    ImageDraw.Draw(image).text(place, words, fill=value, font=font)
    ImageDraw.Draw(strokes).text(place, words, fill=255, font=font)
    return np.array(image), np.asarray(strokes) > 96
