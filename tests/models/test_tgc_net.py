from __future__ import annotations

from typing import Any, ClassVar

import pytest
import torch
from torch import nn

from nodulens.models.backbones.contract import TextFeatures
from nodulens.models.guided import GuidedNetwork
from nodulens.models.position import position_code
from nodulens.models.tgc_net import Comparison, CrossAttention, TgcNet, tgc_net
from tests.models.contract import SegmentationContract
from tests.models.fake_backbone import FakeBackbone, fake_backbones, read

pytestmark = [pytest.mark.train, pytest.mark.usefixtures("fake_backbones")]
__all__ = ["fake_backbones"]

SMALL: dict[str, Any] = {"backbone": "fake", "width": 16, "pyramid": (8, 12, 16, 24)}


def small(**options: Any) -> TgcNet:
    torch.manual_seed(0)
    return tgc_net(**(SMALL | {"backbone": FakeBackbone()} | options)).eval()


def words(network: GuidedNetwork, *texts: str) -> TextFeatures:
    """Read with two descriptions for each text that has words."""
    text = read(network, texts)
    knowledge = torch.randn(len(texts), 2, 12, generator=torch.Generator().manual_seed(5))
    return text._replace(knowledge=knowledge, known=text.given[:, None].expand(-1, 2))


def open_gates(network: nn.Module) -> None:
    """Give everything that starts at zero a value, as training would."""
    torch.manual_seed(1)
    for parameter in network.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.3)


class TestTgcNet(SegmentationContract):
    name = "tgc-net"
    options: ClassVar[dict[str, Any]] = SMALL

    def test_every_parameter_learns(self) -> None:
        network = self.build().train()
        assert isinstance(network, TgcNet)
        open_gates(network)
        image = self.image(64, 96)
        network(image, words(network, "left upper nodule", "")).square().mean().backward()
        silent = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
        assert silent == []
        assert all(p.grad is None for p in network.backbone.parameters())

    def test_text_is_accepted(self) -> None:
        network = self.build().eval()
        assert isinstance(network, TgcNet)
        open_gates(network)
        image = self.image(61, 75)
        with torch.no_grad():
            none = network(image)
            mixed = network(image, words(network, "", "left upper"))
            other = network(image, words(network, "", "right lower"))
            empty = network(image, read(network, ["", ""]))
        torch.testing.assert_close(mixed[0], none[0])
        torch.testing.assert_close(empty, none)
        assert not torch.allclose(mixed[1], none[1])
        assert not torch.allclose(mixed[1], other[1])


class TestTgcNetThatCompares(TestTgcNet):
    options: ClassVar[dict[str, Any]] = SMALL | {"compare": 2}


@pytest.mark.parametrize("module", ["sse", "date", "vlcm", "compare"])
def test_each_module_begins_as_the_identity(module: str) -> None:
    whole, without = small(compare=1), small(**({"compare": 1} | {module: False}))
    shared = without.load_state_dict(whole.state_dict(), strict=False)
    assert shared.missing_keys == []
    assert {name.split(".")[0] for name in shared.unexpected_keys} == {module}
    image = torch.rand(2, 3, 64, 64)
    text = words(whole, "left upper nodule", "large")
    with torch.no_grad():
        torch.testing.assert_close(whole(image, text), without(image, text))
        open_gates(whole)
        changed = whole(image, text)
        without.load_state_dict(whole.state_dict(), strict=False)
        assert not torch.allclose(changed, without(image, text))


def test_a_network_that_does_not_read_has_nothing_to_read_with() -> None:
    network = small(words=False)
    assert network.date is None
    assert network.vlcm is None
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network(image, words(network, "left")), network(image))


def test_places_that_were_told_something_ask_each_other() -> None:
    compare = Comparison(16, 12, 1)
    open_gates(compare)
    x = torch.randn(2, 16, 4, 5, generator=torch.Generator().manual_seed(2))
    changed = x.clone()
    changed[..., 0, 0] *= -2
    text = words(small(), "the larger one", "")
    place = position_code((4, 5), 16)
    with torch.no_grad():
        before, after = compare(x, text, place), compare(changed, text, place)
        other = compare(x, words(small(), "the smaller one", ""), place)
    # The farthest corner knows of the first, if there are words.
    assert (after - before)[0, :, -1, -1].abs().max() > 1e-3
    assert torch.equal(after[1], changed[1])
    assert not torch.allclose(other[0], before[0])


def test_padding_of_the_words_does_not_matter() -> None:
    network = small()
    open_gates(network)
    image = torch.rand(1, 3, 64, 64)
    short = words(network, "left upper")
    long = short._replace(
        tokens=torch.cat([short.tokens, torch.randn(1, 3, 12)], 1),
        mask=torch.cat([short.mask, torch.zeros(1, 3, dtype=torch.bool)], 1),
        knowledge=torch.cat([short.knowledge, torch.randn(1, 2, 12)], 1),  # type: ignore[list-item]
        known=torch.cat([short.known, torch.zeros(1, 2, dtype=torch.bool)], 1),  # type: ignore[list-item]
    )
    with torch.no_grad():
        torch.testing.assert_close(network(image, long), network(image, short))


def test_without_the_synergy_the_backbone_is_not_asked() -> None:
    network = small(sse=False)
    network(torch.rand(1, 3, 64, 64))
    assert isinstance(network.backbone, FakeBackbone)
    assert network.backbone.looked == 0


def test_what_was_seen_is_not_looked_at_again() -> None:
    network = small()
    image = torch.rand(2, 3, 50, 70)
    with torch.no_grad():
        expected = network(image)
        seen = network.look(image)
        assert isinstance(network.backbone, FakeBackbone)
        looked = network.backbone.looked
        torch.testing.assert_close(network(image, seen=seen), expected)
    assert network.backbone.looked == looked


def test_attention_without_anything_to_attend_to_is_silent() -> None:
    attention = CrossAttention(8, 6, 8)
    mask = torch.tensor([[False, False], [True, False]])
    answer = attention(torch.randn(2, 3, 8), torch.randn(2, 2, 6), mask)
    assert torch.equal(answer[0], torch.zeros(3, 8))
    assert answer[1].abs().sum() > 0


def test_attributes_are_named_from_an_outline() -> None:
    values = {"composition": ["cystic", "solid"], "margin": ["smooth", "spiculated", "ill-defined"]}
    network = small(attributes=values)
    assert network.attributes is not None
    seen = network.look(torch.rand(2, 3, 64, 64))
    outline = torch.zeros(2, 1, 64, 64)
    outline[0, :, 20:40, 20:40] = 1
    logits = network.attributes(seen, outline)
    assert {name: tuple(answer.shape) for name, answer in logits.items()} == {
        "composition": (2, 2),
        "margin": (2, 3),
    }
    for named in network.attributes.name(logits):
        assert all(named[name] in values[name] for name in values)
