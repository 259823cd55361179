"""A second nodule in a picture, taken from another one: so that words decide which is meant.

In a data set with one nodule a picture, a network learns the outline from the picture alone and has
no use for words. With a second nodule pasted in, only the words tell which one is asked for.
"""

from __future__ import annotations

import random

import torch
from torch import Tensor
from torch.nn import functional as F

_BORDER = 9
"""Pixels, odd, over which the pasted nodule's surroundings fade into the picture."""
_GAIN = (0.6, 1.7)
"""Bounds of the brightness change that fits the pasted part to its new surroundings."""
_IN_SCAN = 0.7
"""Share of the pasted part's surroundings that must not be black."""
_TRIES = 8
_EXPOSURE = (0.35, 0.65)
"""Bounds of a picture's share in a double exposure."""


def paste(
    image: Tensor, mask: Tensor, other: Tensor, others_mask: Tensor, chance: random.Random
) -> tuple[Tensor, Tensor] | None:
    """Paste another picture's nodule, with a soft border, where there is room for it.

    Args:
        image: float (1, H, W), 0…1.
        mask: float (1, H, W), 0 or 1; what is pasted stays clear of it.
        other: float (1, H, W), 0…1.
        others_mask: float (1, H, W), 0 or 1; its nodule.
        chance: chooses the place: where the other picture has it, or somewhere else.

    Returns:
        The picture with both nodules, float (1, H, W), and the mask of the pasted one; None where
        there is nothing to paste, or no room for it in the scan.
    """
    if not mask.any() or not others_mask.any():
        return None
    away, around = _grown(mask), _grown(others_mask)
    share = F.avg_pool2d(around[None], _BORDER, 1, _BORDER // 2, count_include_pad=False)[0]
    parts = torch.cat([others_mask, around, torch.maximum(share, others_mask), other])
    for attempt in range(_TRIES):
        shift = (0, 0) if attempt == 0 else _shift(around, chance)
        moved, near, weight, source = torch.roll(parts, shift, (1, 2))
        ring = (near > 0) & (moved == 0)
        if (moved * away[0]).any() or (image[0, ring] > 0).float().mean() < _IN_SCAN:
            continue
        gain = (image[0, ring].mean() / source[ring].mean().clamp(min=1e-3)).clamp(*_GAIN)
        weight = weight * (mask == 0)
        return (image * (1 - weight) + source * gain * weight).clamp(0, 1), moved[None]
    return None


def lay_over(image: Tensor, other: Tensor, chance: random.Random) -> Tensor:
    """Show two pictures as one, like a film exposed twice: neither can be made out without words.

    A network is sure of pictures that it has learned from, and hears no words where it is sure; of
    a new picture it is not. Two at once bring the doubt back.

    Args:
        image, other: float (1, H, W), 0…1.
        chance: chooses how much of each is seen, between 35 % and 65 %.

    Returns:
        Float (1, H, W), 0…1.
    """
    share = chance.uniform(*_EXPOSURE)
    return share * image + (1 - share) * other


def _shift(mask: Tensor, chance: random.Random) -> tuple[int, int]:
    """Return a move, down and right, that leaves all of the mask in the picture."""
    rows, columns = mask[0].any(1).nonzero().flatten(), mask[0].any(0).nonzero().flatten()
    height, width = mask.shape[1:]
    return (
        chance.randint(-int(rows[0]), height - 1 - int(rows[-1])),
        chance.randint(-int(columns[0]), width - 1 - int(columns[-1])),
    )


def _grown(mask: Tensor) -> Tensor:
    """Return the mask with a border of ``_BORDER`` pixels, square at its corners."""
    side = 2 * _BORDER + 1
    down = F.max_pool2d(mask[None], (side, 1), 1, (_BORDER, 0))
    return F.max_pool2d(down, (1, side), 1, (0, _BORDER))[0]
