from __future__ import annotations

import random

import pytest
import torch
from torch import Tensor

from nodulens.data.distractor import lay_over, paste

pytestmark = pytest.mark.train


def disc(x: int, y: int, radius: int) -> Tensor:
    rows, columns = torch.meshgrid(torch.arange(96), torch.arange(128), indexing="ij")
    return ((columns - x) ** 2 + (rows - y) ** 2 <= radius**2).float()[None]


def pictures() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    mask, others = disc(30, 48, 14), disc(95, 48, 16)
    image = 0.4 + 0.02 * torch.rand(1, 96, 128) - 0.2 * mask
    other = 0.6 + 0.02 * torch.rand(1, 96, 128) + 0.3 * others
    return image, mask, other, others


def test_the_other_nodule_is_there_and_the_own_untouched() -> None:
    image, mask, other, others = pictures()
    both = paste(image, mask, other, others, random.Random(0))
    assert both is not None
    both, moved = both
    assert torch.equal(moved, others)
    assert torch.equal(both[mask > 0], image[mask > 0])
    inside = disc(95, 48, 12) > 0
    around = (disc(95, 48, 34) > 0) & (disc(95, 48, 28) == 0)
    # It stays brighter than its surroundings, which have become those of this picture.
    assert both[inside].mean() > 1.3 * both[around].mean()
    assert torch.equal(both[disc(95, 48, 40) == 0], image[disc(95, 48, 40) == 0])


def test_its_border_is_soft() -> None:
    image, mask, other, _ = pictures()
    both = paste(image, mask, other, disc(95, 48, 16), random.Random(0))
    assert both is not None
    profile = both[0][0, 48, 111:128]
    steps = (profile[1:] - profile[:-1]).abs()
    assert steps[2:].max() < 0.1


@pytest.mark.parametrize("wrong", ["everywhere", "empty", "outside"])
def test_nothing_is_pasted_where_it_cannot_be(wrong: str) -> None:
    image, mask, other, others = pictures()
    if wrong == "everywhere":
        mask = torch.ones_like(mask)
    elif wrong == "empty":
        others = torch.zeros_like(others)
    else:
        image = image * (torch.arange(128) < 48)
    assert paste(image, mask, other, others, random.Random(0)) is None


def test_where_its_own_place_is_taken_it_goes_elsewhere() -> None:
    image, mask, other, _ = pictures()
    found = paste(image, mask, other, disc(40, 48, 10), random.Random(0))
    assert found is not None
    both, moved = found
    assert moved.sum() == disc(40, 48, 10).sum()
    assert not (moved * mask).any()
    assert not torch.equal(both[moved > 0], image[moved > 0])


def test_of_two_pictures_at_once_each_is_seen_in_part() -> None:
    image, _, other, _ = pictures()
    shares = set()
    for seed in range(20):
        both = lay_over(image, other, random.Random(seed))
        share = ((both - other) / (image - other)).median().item()
        torch.testing.assert_close(both, share * image + (1 - share) * other)
        assert 0.35 <= share <= 0.65
        shares.add(round(share, 6))
    assert len(shares) == 20
