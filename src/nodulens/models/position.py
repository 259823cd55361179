"""Where a pixel is, as numbers."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def position_code(grid: tuple[int, ...], width: int) -> Tensor:
    """Return a fixed two-dimensional code of sines (as in arXiv 2005.12872), float (h·w, width).

    Places count as shares of the picture, not as pixels: "the left upper part" is the same part
    whatever the size.

    Args:
        grid: h and w.
        width: of the code, a multiple of 4.
    """
    count = width // 4
    frequencies = math.pi * 2.0 ** torch.linspace(-1, 4, count)
    parts = []
    for size in grid:
        place = (torch.arange(size) + 0.5) / size
        angles = place[:, None] * frequencies
        parts.append(torch.cat([angles.sin(), angles.cos()], 1))
    down, across = parts
    height, width_ = grid
    both = [
        down[:, None].expand(height, width_, -1),
        across[None].expand(height, width_, -1),
    ]
    return torch.cat(both, 2).flatten(0, 1)
