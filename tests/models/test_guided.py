from __future__ import annotations

import pytest
import torch

from nodulens.models.guided import GuidedNetwork
from tests.models.fake_backbone import FakeBackbone, read

pytestmark = pytest.mark.train


@pytest.fixture
def network() -> GuidedNetwork:
    return GuidedNetwork(FakeBackbone(), (2, 0))


def test_what_is_frozen_belongs_to_nobody(network: GuidedNetwork) -> None:
    assert list(network.parameters()) == []
    assert network.state_dict() == {}
    network.train()
    assert not network.backbone.training


def test_it_looks_at_its_depths_in_float32_whatever_surrounds_it(network: GuidedNetwork) -> None:
    image = torch.rand(1, 3, 64, 64)
    expected = network.look(image)
    with torch.autocast("cpu", torch.bfloat16):
        seen = network.look(image.bfloat16().float())
    assert [part.shape[1] for part in seen.maps] == [32, 24]
    assert seen.maps[0].dtype == torch.float32
    assert not seen.maps[0].requires_grad
    torch.testing.assert_close(seen.maps[0], expected.maps[0], atol=0.02, rtol=0.02)


def test_an_empty_text_is_no_words_and_the_others_keep_their_rows(network: GuidedNetwork) -> None:
    text = read(network, ["", "left upper part", "", "large"])
    assert text.given.tolist() == [False, True, False, True]
    assert text.mask.sum(1).tolist() == [0, 3, 0, 1]
    alone = read(network, ["large"])
    assert torch.equal(text.pooled[3], alone.pooled[0])
    assert torch.equal(text.tokens[3, :1], alone.tokens[0])
    assert not text.pooled[[0, 2]].any()


def test_without_any_words_the_text_tower_is_not_asked(network: GuidedNetwork) -> None:
    text = read(network, ["", ""])
    assert text.given.tolist() == [False, False]
    assert isinstance(network.backbone, FakeBackbone)
    assert network.backbone.was_read == 0


def test_by_default_no_term_is_explained(network: GuidedNetwork) -> None:
    assert network.descriptions("a hypoechoic nodule") == []
    assert read(network, ["a hypoechoic nodule"]).knowledge is None
