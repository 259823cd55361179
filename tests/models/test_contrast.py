from __future__ import annotations

import pytest
import torch

from nodulens.models.backbones.contract import TextFeatures
from nodulens.models.contrast import Contrast

pytestmark = pytest.mark.train


def words(count: int, seed: int = 0) -> TextFeatures:
    """Vectors that have much in common; every third row has no words."""
    generator = torch.Generator().manual_seed(seed)
    mask = torch.ones(count, 5, dtype=torch.bool)
    mask[::3] = False
    mask[1::3, 3:] = False
    tokens = 7 + 0.1 * torch.randn(count, 5, 4, generator=generator)
    pooled = -3 + 0.2 * torch.randn(count, 6, generator=generator)
    return TextFeatures(tokens * mask[..., None], mask, pooled * mask.any(1)[:, None])


def test_what_all_words_share_is_taken_away() -> None:
    contrast = Contrast(4, 6).train()
    for seed in range(60):
        contrast(words(30, seed))
    told = contrast.eval()(words(300, 100))
    pooled, tokens = told.pooled[told.given], told.tokens[told.mask]
    for found in (pooled, tokens):
        assert found.mean(0).abs().max() < 0.3
        assert found.std(0).min() > 0.7
        assert found.std(0).max() < 1.3


def test_in_use_nothing_is_learned_and_rows_do_not_depend_on_each_other() -> None:
    contrast = Contrast(4, 6).train()
    contrast(words(30))
    contrast.eval()
    before = {name: value.clone() for name, value in contrast.state_dict().items()}
    batch = words(9)
    together = contrast(batch)
    alone = contrast(TextFeatures(*(part[1:2] for part in batch[:3])))
    torch.testing.assert_close(together.pooled[1:2], alone.pooled)
    torch.testing.assert_close(together.tokens[1:2], alone.tokens)
    assert all(torch.equal(before[name], value) for name, value in contrast.state_dict().items())


def test_a_single_text_teaches_nothing() -> None:
    contrast = Contrast(4, 6).train()
    contrast(TextFeatures(*(part[1:2] for part in words(9)[:3])))
    assert torch.equal(contrast.pooled.running_mean, torch.zeros(6))
