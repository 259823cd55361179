"""Naming a nodule's attributes from what a frozen backbone says of its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nodulens.models.backbones.contract import ImageFeatures


class AttributeHeads(nn.Module):
    """A linear answer for each attribute, on each map's mean inside and around an outline.

    Args:
        widths: of the maps.
        values: attribute to its values, in the order of the outputs.
        dropout: share of the numbers that are left out in training.
    """

    def __init__(
        self, widths: Sequence[int], values: Mapping[str, Sequence[str]], dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.values = {name: list(names) for name, names in values.items()}
        numbers = 2 * sum(widths)
        self.norm = nn.BatchNorm1d(numbers, affine=False)
        self.dropout = nn.Dropout(dropout)
        self.answers = nn.ModuleDict(
            {name: nn.Linear(numbers, len(names)) for name, names in self.values.items()}
        )

    def forward(self, seen: ImageFeatures, outline: Tensor) -> dict[str, Tensor]:
        """Return logits (B, values) of each attribute.

        Args:
            seen: of the picture.
            outline: (B, 1, H, W), 0…1, where the nodule is; an empty one stands for everywhere.
        """
        numbers = []
        empty = outline.sum((1, 2, 3), keepdim=True) == 0
        outline = torch.where(empty, torch.ones_like(outline), outline)
        for level in seen.maps:
            share = F.adaptive_avg_pool2d(outline, (level.shape[2], level.shape[3]))
            inside = (level * share).sum((2, 3)) / share.sum((2, 3)).clamp(min=1e-6)
            numbers += [inside, inside - level.mean((2, 3))]
        found = self.dropout(self.norm(torch.cat(numbers, 1)))
        return {name: answer(found) for name, answer in self.answers.items()}

    def name(self, logits: Mapping[str, Tensor]) -> list[dict[str, str]]:
        """Return the likeliest value of each attribute for each picture of a batch."""
        chosen = {name: answer.argmax(1).tolist() for name, answer in logits.items()}
        count = len(next(iter(chosen.values()), []))
        return [
            {name: self.values[name][places[item]] for name, places in chosen.items()}
            for item in range(count)
        ]
