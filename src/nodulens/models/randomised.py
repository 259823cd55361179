"""A network that has forgotten what it learned, to see whether an explanation notices.

Adebayo et al., "Sanity Checks for Saliency Maps" (arXiv 1810.03292): a map that stays the same when
the weights are drawn anew shows the picture, not what the network made of it.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TypeVar

import torch
from torch import nn

_N = TypeVar("_N", bound=nn.Module)

EVERYTHING = ("",)
"""Prefix of every name."""


def randomised(network: _N, seed: int, parts: tuple[str, ...] = EVERYTHING) -> _N:
    """Copy a network with its weights drawn anew.

    Every tensor, running statistics of normalisations too, is drawn from its own values without
    replacement: each layer keeps the size of its weights, so that activations neither vanish nor
    explode, and loses how they were arranged, which is what was learned.

    Args:
        network: to be copied; it stays as it is.
        seed: of the draw.
        parts: what the names of the tensors begin with that are drawn; the others keep their
            values. From the answer downwards, longer and longer lists make the paper's cascade.
    """
    copy = deepcopy(network)
    generator = torch.Generator().manual_seed(seed)
    for name, value in copy.state_dict().items():
        if name.startswith(parts):
            order = torch.randperm(value.numel(), generator=generator)
            value.copy_(value.flatten()[order].view_as(value))
    return copy
