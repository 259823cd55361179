"""Masks of known geometry."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def ellipse(
    semi_x: float,
    semi_y: float,
    degrees: float = 0.0,
    shape: tuple[int, int] = (300, 300),
    centre: tuple[float, float] = (150.0, 150.0),
) -> NDArray[np.bool_]:
    """Return the mask (H, W) of an ellipse; the angle turns its x axis towards the bottom."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    x, y = x - centre[0], y - centre[1]
    turn = np.deg2rad(degrees)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    return (along / semi_x) ** 2 + (across / semi_y) ** 2 <= 1


def rectangle(
    x: int, y: int, width: int, height: int, shape: tuple[int, int] = (300, 300)
) -> NDArray[np.bool_]:
    """Return the mask (H, W) of an axis-parallel rectangle."""
    mask = np.zeros(shape, np.bool_)
    mask[y : y + height, x : x + width] = True
    return mask
