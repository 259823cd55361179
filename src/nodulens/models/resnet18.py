"""ResNet-18 for regions of interest (He et al. 2016, arXiv 1512.03385).

The classifier of the two-stage thyroid framework (arXiv 2511.11937).
"""

from __future__ import annotations

from typing import Any

import timm
from torch import Tensor, nn

from nodulens.models.registry import NetworkConfig, register


class ResNet18(nn.Module):
    """ResNet-18 with one linear head over the labels."""

    def __init__(self, labels: int, pretrained: bool, dropout: float) -> None:
        super().__init__()
        self.network = timm.create_model(
            "resnet18", pretrained=pretrained, num_classes=labels, drop_rate=dropout
        )

    def forward(self, image: Tensor, text: Any = None) -> Tensor:
        """Return logits (B, labels) for a normalised image (B, 3, H, W); ``text`` is not read."""
        logits: Tensor = self.network(image)
        return logits


@register(
    NetworkConfig(
        task="classification",
        size=(160, 160),
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        pretrained_licence="Apache-2.0 (timm, ImageNet-1k)",
    )
)
def resnet18(labels: int = 2, pretrained: bool = False, dropout: float = 0.2) -> ResNet18:
    """Build a ResNet-18 classifier.

    Args:
        labels: number of outputs.
        pretrained: start from timm's ImageNet weights (fetched from its hub).
        dropout: before the linear head.
    """
    return ResNet18(labels, pretrained, dropout)
