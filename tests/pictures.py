"""Pictures like those of a scanner, drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def scan(
    *nodules: tuple[float, float, float, float],
    shape: tuple[int, int] = (180, 240),
    seed: int = 0,
    tissue: float = 60.0,
) -> NDArray[np.uint8]:
    """Draw speckled tissue that fills the picture, with bright ellipses in it.

    Args:
        nodules: (x, y, semi-axis along x, semi-axis along y) of each ellipse.
        shape: height and width.
        seed: of the speckle.
        tissue: its grey; where it is dark, two ellipses side by side are taken for two views.
    """
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    grey = np.full(shape, tissue)
    for centre_x, centre_y, semi_x, semi_y in nodules:
        grey[((x - centre_x) / semi_x) ** 2 + ((y - centre_y) / semi_y) ** 2 <= 1] = 215
    return np.clip(grey * generator.normal(1, 0.08, shape), 1, 255).astype(np.uint8)


def save(path: Path, pixels: NDArray[np.uint8]) -> Path:
    """Write a picture in the format that its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path
