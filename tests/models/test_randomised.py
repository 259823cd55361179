from __future__ import annotations

import pytest
import torch

from nodulens.models.randomised import randomised
from nodulens.models.registry import create_model

pytestmark = pytest.mark.train


def test_values_are_the_same_and_their_places_are_not() -> None:
    torch.manual_seed(0)
    network = create_model("resnet18", pooling="stages")
    before = {name: value.clone() for name, value in network.state_dict().items()}
    other = randomised(network, seed=1)
    for name, value in other.state_dict().items():
        own = network.state_dict()[name]
        assert torch.equal(own, before[name]), name
        if own.numel() < 100_000:  # sorting takes its time
            assert torch.equal(value.flatten().sort()[0], own.flatten().sort()[0]), name
        if own.unique().numel() > 8:
            assert not torch.equal(value, own), name


def test_only_the_named_parts_and_the_same_by_seed() -> None:
    network = create_model("resnet18")
    one, again, other = (
        randomised(network, seed, ("network.fc.", "network.layer4.")) for seed in (0, 0, 1)
    )
    moved = {
        name
        for name, value in one.state_dict().items()
        if not torch.equal(value, network.state_dict()[name])
    }
    assert moved
    assert all(name.startswith(("network.fc.", "network.layer4.")) for name in moved)
    assert torch.equal(one.network.fc.weight, again.network.fc.weight)  # type: ignore[union-attr]
    assert not torch.equal(one.network.fc.weight, other.network.fc.weight)  # type: ignore[union-attr]


def test_no_part_is_a_copy() -> None:
    network = create_model("resnet18")
    copy = randomised(network, 0, ())
    assert copy is not network
    for name, value in copy.state_dict().items():
        assert torch.equal(value, network.state_dict()[name]), name
