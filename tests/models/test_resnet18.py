from __future__ import annotations

from typing import Any, ClassVar

import pytest
import torch

from nodulens.models.registry import create_model
from nodulens.models.resnet18 import StageStatistics
from tests.models.contract import ClassificationContract

pytestmark = pytest.mark.train


class TestResNet18(ClassificationContract):
    name = "resnet18"
    options: ClassVar[dict[str, Any]] = {"labels": 5}
    labels = 5


class TestStages(ClassificationContract):
    name = "resnet18"
    options: ClassVar[dict[str, Any]] = {"labels": 3, "pooling": "stages"}
    labels = 3


def test_stages_have_the_strides_of_a_resnet() -> None:
    network = create_model("resnet18")
    maps = network.stages(torch.rand(1, 3, 64, 96))  # type: ignore[operator]
    assert [tuple(stage.shape[1:]) for stage in maps] == [
        (64, 16, 24), (128, 8, 12), (256, 4, 6), (512, 2, 3),
    ]  # fmt: skip


def test_statistics_by_hand() -> None:
    head = StageStatistics((1, 2), labels=1, dropout=0.0).eval()
    with torch.no_grad():
        head.linear.weight.copy_(torch.tensor([[1.0, 10.0, 100.0, 1000.0, 0.0, 0.0]]))
        head.linear.bias.zero_()
    one = torch.tensor([[[[1.0, 3.0]]]])
    two = torch.tensor([[[[5.0]], [[7.0]]]])
    # Mean and deviation of the first map: 2 and 1; means of the second map's channels: 5 and 7.
    assert head([one, two]).item() == pytest.approx(2 + 10 + 500 + 7000, rel=1e-4)


@pytest.mark.parametrize("pooling", ["last", "stages"])
def test_frozen_stages_do_not_move(pooling: str) -> None:
    network = create_model("resnet18", pooling=pooling, frozen=True)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.1, weight_decay=0.1)
    network(torch.rand(4, 3, 64, 64)).square().sum().backward()
    optimizer.step()
    moved = {n for n, value in network.state_dict().items() if not torch.equal(value, before[n])}
    assert moved
    assert all(name.startswith(("network.fc.", "head.")) for name in moved)
