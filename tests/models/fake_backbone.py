"""A frozen backbone that is nothing but a few fixed convolutions and hashed words: for tests."""

from __future__ import annotations

import sys
import types
from collections.abc import Sequence
from zlib import crc32

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nodulens.models.backbones.contract import Backbone, ImageFeatures, TextFeatures
from nodulens.models.frozen import FrozenFeatures
from nodulens.models.guided import GuidedNetwork


class FakeBackbone(Backbone):
    """Maps of strides 8, 16 and 32; counts how often it looked and read."""

    joint = False
    positional = False
    width = 24

    def __init__(self, name: str = "fake", strides: tuple[int, ...] = (8, 16, 32)) -> None:
        super().__init__()
        self.name, self.identity, self.licence = name, "0" * 64, "none"
        self.depths = tuple(range(len(strides)))
        self.default_depths = self.depths
        self.text_width = self.pooled_width = 12
        self._strides = strides
        generator = torch.Generator().manual_seed(3)
        self.kernels = nn.ParameterList(
            torch.randn(self.width + 4 * depth, 3, 4, 4, generator=generator) / 7
            for depth in self.depths
        )
        self.looked = self.was_read = 0
        self.freeze()

    def widths(self, depths: Sequence[int]) -> tuple[int, ...]:
        return tuple(self.width + 4 * depth for depth in depths)

    def strides(self, depths: Sequence[int]) -> tuple[int, ...]:
        return tuple(self._strides[depth] for depth in depths)

    def encode_image(self, image: Tensor, depths: Sequence[int]) -> ImageFeatures:
        self.looked += 1
        height, width = image.shape[-2:]
        maps = []
        for depth, stride in zip(depths, self.strides(depths), strict=True):
            padded = F.pad(image, (0, -width % stride, 0, -height % stride))
            small = F.avg_pool2d(padded, stride // 4)
            maps.append(F.conv2d(small, self.kernels[depth], stride=4))
        return ImageFeatures(tuple(maps), tuple(part.mean((2, 3)) for part in maps))

    def encode_whole(self, image: Tensor) -> Tensor:
        return self.encode_image(image, self.depths[:1]).classes[0][:, :12]

    def encode_text(self, texts: Sequence[str]) -> TextFeatures:
        self.was_read += 1
        words = [text.split() for text in texts]
        longest = max(map(len, words))
        tokens = torch.zeros(len(texts), longest, 12)
        mask = torch.zeros(len(texts), longest, dtype=torch.bool)
        for row, parts in enumerate(words):
            for place, word in enumerate(parts):
                generator = torch.Generator().manual_seed(crc32(word.encode()))
                tokens[row, place] = torch.randn(12, generator=generator)
                mask[row, place] = True
        return TextFeatures(tokens, mask, tokens.sum(1) / mask.sum(1, keepdim=True))


def read(network: GuidedNetwork, texts: Sequence[str]) -> TextFeatures:
    """Return what a network's text tower says; an empty string stands for "no words"."""
    return FrozenFeatures(network.backbone, network.depths).reading(network, texts)


@pytest.fixture
def fake_backbones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every name stand for a fake backbone."""
    loading = types.ModuleType("nodulens.models.backbones.loading")
    loading.load_backbone = FakeBackbone  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, loading.__name__, loading)
