from __future__ import annotations

import pytest
import torch

from nodulens.models.backbones.identity import identity_of

pytestmark = pytest.mark.train


def layer() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Linear(2, 2)


def test_the_same_is_the_same() -> None:
    assert identity_of(layer(), "a") == identity_of(layer(), "a")


def test_the_smallest_change_of_a_weight_counts() -> None:
    other = layer()
    with torch.no_grad():
        other.bias[1] = torch.nextafter(other.bias[1], torch.tensor(9.0))
    assert identity_of(other) != identity_of(layer())


def test_facts_count_and_do_not_run_together() -> None:
    found = {identity_of(layer(), *facts) for facts in ([], ["a"], ["ab", "c"], ["a", "bc"])}
    assert len(found) == 4
    assert identity_of(layer(), "a") == identity_of(layer(), b"a")


def test_shape_and_type_count() -> None:
    layers = [torch.nn.Linear(2, 1, bias=False), torch.nn.Linear(1, 2, bias=False)]
    for one in layers:
        torch.nn.init.zeros_(one.weight)
    assert identity_of(layers[0]) != identity_of(layers[1])
    assert identity_of(layers[0]) != identity_of(layers[0].to(torch.float64))
