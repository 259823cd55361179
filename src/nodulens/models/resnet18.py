"""ResNet-18 for regions of interest (He et al. 2016, arXiv 1512.03385).

The classifier of the two-stage thyroid framework (arXiv 2511.11937).
"""

from __future__ import annotations

from typing import Any, Literal

import timm
import torch
from torch import Tensor, nn

from nodulens.models.registry import NetworkConfig, register

Pooling = Literal["last", "stages"]

_WIDTHS = (64, 128, 256, 512)


class StageStatistics(nn.Module):
    """Linear answer from the mean and standard deviation of every channel of every stage.

    How bright and how uneven a texture is lives in the early stages; the mean of the last one, on
    which ResNet's own answer rests, has lost most of it.
    """

    def __init__(self, widths: tuple[int, ...], labels: int, dropout: float) -> None:
        super().__init__()
        self.normalise = nn.BatchNorm1d(2 * sum(widths), affine=False)
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(2 * sum(widths), labels)

    def forward(self, stages: list[Tensor]) -> Tensor:
        """Return logits (B, labels) for the stages' maps, (B, C, h, w) each."""
        statistics = []
        for stage in stages:
            values = stage.float().flatten(2)
            mean = values.mean(2)
            variance = (values - mean[..., None]).square().mean(2)
            statistics += [mean, (variance + 1e-6).sqrt()]
        logits: Tensor = self.linear(self.dropout(self.normalise(torch.cat(statistics, 1))))
        return logits


class ResNet18(nn.Module):
    """ResNet-18 with one linear answer over the labels.

    Args:
        labels, pretrained, dropout, pooling, frozen: as for :func:`resnet18`.
    """

    network: Any  # timm's, which does not say what its methods are

    def __init__(
        self, labels: int, pretrained: bool, dropout: float, pooling: Pooling, frozen: bool
    ) -> None:
        super().__init__()
        last = pooling == "last"
        self.network = timm.create_model(
            "resnet18",
            pretrained=pretrained,
            num_classes=labels if last else 0,
            drop_rate=dropout if last else 0.0,
        )
        self.head: StageStatistics | None = None
        if not last:
            self.head = StageStatistics(_WIDTHS, labels, dropout)
        self.frozen = frozen
        if frozen:
            self.network.requires_grad_(False)
            self.network.get_classifier().requires_grad_(True)
            self.train()

    def train(self, mode: bool = True) -> ResNet18:
        """Switch to training; frozen stages keep their normalisation too."""
        super().train(mode)
        if self.frozen:
            self.network.eval()
        return self

    def stages(self, image: Tensor) -> list[Tensor]:
        """Return the maps of the four stages, strides 4, 8, 16 and 32, for (B, 3, H, W)."""
        maps: list[Tensor] = self.network.forward_intermediates(
            image, indices=[1, 2, 3, 4], intermediates_only=True
        )
        return maps

    def forward(self, image: Tensor, text: Any = None) -> Tensor:
        """Return logits (B, labels) for a normalised image (B, 3, H, W); ``text`` is not read."""
        logits: Tensor
        if self.head is None:
            logits = self.network(image)
        else:
            logits = self.head(self.stages(image))
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
def resnet18(
    labels: int = 2,
    pretrained: bool = False,
    dropout: float = 0.2,
    pooling: Pooling = "last",
    frozen: bool = False,
) -> ResNet18:
    """Build a ResNet-18 classifier.

    Args:
        labels: number of outputs.
        pretrained: start from timm's ImageNet weights (fetched from its hub).
        dropout: before the linear layer.
        pooling: ``last`` answers from the mean of the last stage, as published; ``stages`` from
            mean and standard deviation of all four (:class:`StageStatistics`).
        frozen: leave all but the linear layer as it starts.
    """
    return ResNet18(labels, pretrained, dropout, pooling, frozen)
