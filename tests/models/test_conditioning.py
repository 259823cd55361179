from __future__ import annotations

import pytest
import torch

from nodulens.models.conditioning import mix

pytestmark = pytest.mark.train


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_a_row_without_picture_keeps_its_words_whatever_stands_there() -> None:
    text = torch.randn(3, 4)
    visual = torch.full((3, 4), torch.nan)
    assert torch.equal(mix(text, visual, torch.zeros(3, dtype=torch.bool), generator()), text)


def test_shares_are_uniform_and_one_a_row() -> None:
    count = 4000
    text, visual = torch.zeros(count, 2), torch.ones(count, 2)
    mixed = mix(text, visual, torch.ones(count, dtype=torch.bool), generator())
    assert torch.equal(mixed[:, 0], mixed[:, 1])
    shares = mixed[:, 0].sort().values
    even = (torch.arange(count) + 0.5) / count
    assert (shares - even).abs().max() < 0.03


def test_the_same_generator_mixes_alike_and_rows_do_not_disturb_each_other() -> None:
    text, visual = torch.randn(3, 4), torch.randn(3, 4)
    every = mix(text, visual, torch.tensor([True, True, True]), generator())
    some = mix(text, visual, torch.tensor([False, True, True]), generator())
    assert torch.equal(every[1:], some[1:])
    assert torch.equal(some[0], text[0])
    assert not torch.equal(every[0], text[0])
