from __future__ import annotations

import pytest
import torch

from nodulens.models.position import position_code

pytestmark = pytest.mark.train


def test_a_place_has_the_same_code_at_every_size() -> None:
    small, large = position_code((3, 5), 16), position_code((9, 15), 16)
    assert small.shape == (15, 16)
    # The middle cell of each three by three lies where the coarse cell does.
    middle = large.unflatten(0, (9, 15))[1::3, 1::3].flatten(0, 1)
    torch.testing.assert_close(middle, small)


def test_places_differ_and_neighbours_are_alike() -> None:
    code = position_code((8, 8), 32).unflatten(0, (8, 8))
    near = (code[0, 0] - code[0, 1]).norm()
    far = (code[0, 0] - code[7, 7]).norm()
    assert 0 < near < far
    assert len({tuple(place) for place in code.flatten(0, 1).round(decimals=4).tolist()}) == 64
