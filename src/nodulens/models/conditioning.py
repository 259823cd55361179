"""What stands for the words in training: words and a picture of what they mean, mixed.

CLIP-TNseg (arXiv 2412.05530), after CLIPSeg (arXiv 2112.10003).
"""

from __future__ import annotations

import torch
from torch import Tensor


def mix(text: Tensor, visual: Tensor, has_visual: Tensor, generator: torch.Generator) -> Tensor:
    """Mix the vectors of words with those of pictures, each row by a share of its own.

    Args:
        text: pooled words, float (B, P), not normalised.
        visual: pooled visual prompts in the same space, float (B, P); rows without are not read.
        has_visual: bool (B,); a row without keeps its words.
        generator: of the shares, uniform in 0…1; one a row is drawn whether it is used or not, so
            that the rows of a batch do not depend on each other.

    Returns:
        float (B, P).
    """
    share = torch.rand(len(text), 1, generator=generator, dtype=torch.float32).to(text)
    mixed = share * text + (1 - share) * visual
    return torch.where(has_visual[:, None], mixed, text)
