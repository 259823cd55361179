from __future__ import annotations

import pytest
import torch

from nodulens.models.attributes import AttributeHeads
from nodulens.models.backbones.contract import ImageFeatures

pytestmark = pytest.mark.train

VALUES = {"echogenicity": ["dark", "bright"], "margin": ["smooth", "rough", "unclear"]}


def seen(count: int) -> tuple[ImageFeatures, torch.Tensor, torch.Tensor]:
    """Maps whose first channel is high inside the outline for every second picture."""
    generator = torch.Generator().manual_seed(0)
    outline = torch.zeros(count, 1, 32, 32)
    outline[..., 8:20, 12:28] = 1
    bright = torch.arange(count) % 2
    maps = [torch.randn(count, 4, side, side, generator=generator) for side in (8, 4)]
    for level in maps:
        inside = torch.nn.functional.adaptive_avg_pool2d(outline, level.shape[-2:])
        level[:, :1] += 3 * inside * bright.view(-1, 1, 1, 1)
    features = ImageFeatures(tuple(maps), (torch.zeros(count, 4),) * 2)
    return features, outline, bright


def test_what_lies_inside_the_outline_is_learned() -> None:
    torch.manual_seed(0)
    heads = AttributeHeads((4, 4), VALUES, dropout=0.0)
    features, outline, bright = seen(32)
    optimizer = torch.optim.Adam(heads.parameters(), lr=0.05)
    for _ in range(40):
        loss = torch.nn.functional.cross_entropy(heads(features, outline)["echogenicity"], bright)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    features, outline, bright = seen(20)
    named = heads.eval().name(heads(features, outline))
    right = [
        words["echogenicity"] == VALUES["echogenicity"][b]
        for words, b in zip(named, bright, strict=True)
    ]
    assert sum(right) >= 19
    assert all(words["margin"] in VALUES["margin"] for words in named)


def test_an_empty_outline_stands_for_everywhere() -> None:
    heads = AttributeHeads((4, 4), VALUES).eval()
    features, outline, _ = seen(4)
    nothing, everything = torch.zeros_like(outline), torch.ones_like(outline)
    with torch.no_grad():
        empty, whole = heads(features, nothing), heads(features, everything)
        assert all(torch.allclose(empty[name], whole[name]) for name in VALUES)
        other = heads(features, outline)
    assert not torch.allclose(other["margin"], whole["margin"])
