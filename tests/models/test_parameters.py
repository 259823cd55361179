from __future__ import annotations

import pytest
from torch import nn

from nodulens.models.clip_tnseg import clip_tnseg
from nodulens.models.parameters import count_parameters
from tests.models.fake_backbone import FakeBackbone

pytestmark = pytest.mark.train


def test_of_a_plain_network_all_that_learns_is_counted() -> None:
    network = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    network[0].requires_grad_(False)
    assert count_parameters(network) == {"trainable": 10, "frozen": 16, "full_fine_tuning": 26}


def test_a_frozen_backbone_counts_as_frozen() -> None:
    backbone = FakeBackbone()
    network = clip_tnseg(backbone=backbone, width=4)
    counts = count_parameters(network)
    assert counts["trainable"] == sum(p.numel() for p in network.parameters())
    assert counts["frozen"] == sum(p.numel() for p in backbone.parameters()) > 0
    assert counts["full_fine_tuning"] == counts["trainable"] + counts["frozen"]
