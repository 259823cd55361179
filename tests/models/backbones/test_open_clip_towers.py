from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nodulens.errors import NodulensError
from nodulens.models.backbones.open_clip_towers import eyes_of, reader_of, resized_positions

pytestmark = pytest.mark.train


@pytest.mark.parametrize("new", [(6, 9), (3, 2), (4, 7)])
@pytest.mark.parametrize("prefix", [0, 1])
def test_positions_are_resized_bicubically_and_not_antialiased(
    new: tuple[int, int], prefix: int
) -> None:
    old = (4, 5)
    embedding = torch.randn(1, prefix + 20, 3, generator=torch.Generator().manual_seed(0))
    found = resized_positions(embedding, prefix, old, new)
    assert torch.equal(found[:, :prefix], embedding[:, :prefix])
    # The same by another way: sample the old grid at the new places' middles.
    rows, columns = ((torch.arange(n) + 0.5) / n * 2 - 1 for n in new)
    places = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), 2)[None]
    grid = embedding[:, prefix:].transpose(1, 2).reshape(1, 3, *old)
    expected = F.grid_sample(grid, places, "bicubic", "border", align_corners=False)
    torch.testing.assert_close(
        found[:, prefix:].transpose(1, 2).reshape(expected.shape), expected, rtol=1e-4, atol=1e-5
    )


def test_positions_of_the_same_size_stay_as_they_are() -> None:
    embedding = torch.randn(1, 21, 3)
    assert resized_positions(embedding, 1, (4, 5), (4, 5)) is embedding


def test_other_kinds_of_towers_are_refused_by_name() -> None:
    with pytest.raises(NodulensError, match=r"'x': its picture tower is a Conv2d; only vision"):
        eyes_of("x", nn.Conv2d(3, 3, 1))
    with pytest.raises(NodulensError, match=r"'x': its text tower is of a kind"):
        reader_of("x", nn.Linear(2, 2))
