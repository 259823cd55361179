"""A second nodule in a picture, taken from another one: so that words decide which is meant.

In a data set with one nodule a picture, a network learns the outline from the picture alone and has
no use for words. With a second nodule pasted in, only the words tell which one is asked for.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

_BORDER = 9
"""Pixels, odd, over which the pasted nodule's surroundings fade into the picture."""
_GAIN = (0.6, 1.7)
"""Bounds of the brightness change that fits the pasted part to its new surroundings."""


def paste(image: Tensor, mask: Tensor, other: Tensor, others_mask: Tensor) -> Tensor | None:
    """Paste another picture's nodule, with a soft border, at the place where it has it.

    Args:
        image: float (1, H, W), 0…1.
        mask: float (1, H, W), 0 or 1; what is pasted stays clear of it.
        other: float (1, H, W), 0…1.
        others_mask: float (1, H, W), 0 or 1; its nodule.

    Returns:
        The picture with both nodules, float (1, H, W); None where there is nothing to paste, the
        two would touch, or the place lies outside the scan.
    """
    if not mask.any() or not others_mask.any():
        return None
    around = _grown(others_mask, _BORDER)
    if (around * mask).any():
        return None
    ring = (around > 0) & (others_mask == 0)
    here, there = image[ring].mean(), other[ring].mean()
    if here < 0.02:
        return None
    gain = (here / there.clamp(min=1e-3)).clamp(*_GAIN)
    share = F.avg_pool2d(around[None], _BORDER, 1, _BORDER // 2, count_include_pad=False)[0]
    share = torch.maximum(share, others_mask)
    return (image * (1 - share) + other * gain * share).clamp(0, 1)


def _grown(mask: Tensor, pixels: int) -> Tensor:
    return F.max_pool2d(mask[None], 2 * pixels + 1, 1, pixels)[0]
