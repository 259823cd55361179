"""Small pictures for small data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from PIL import Image


class Save(Protocol):
    def __call__(self, path: Path, pixels: np.ndarray | int = ...) -> Path: ...


@pytest.fixture
def save() -> Save:
    """Write a picture; a number is the seed of a random one of 48 × 32 pixels."""

    def write(path: Path, pixels: np.ndarray | int = 0) -> Path:
        if isinstance(pixels, int):
            pixels = np.random.default_rng(pixels).integers(0, 256, (32, 48), np.uint8)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, quality=90)
        return path

    return write


@pytest.fixture
def disc() -> np.ndarray:
    """A mask of 48 × 32 pixels, uint8, 0 and 255."""
    y, x = np.mgrid[:32, :48]
    return (np.hypot(x - 20, y - 16) < 9).astype(np.uint8) * 255
