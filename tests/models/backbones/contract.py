"""What every backbone must do; a backbone's test inherits this class."""

from __future__ import annotations

import re
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from nodulens.errors import NodulensError
from nodulens.models.backbones.contract import Backbone
from nodulens.models.registry import create_model

TEXTS = ["a hypoechoic nodule", "thyroid nodule with microcalcifications, taller than wide"]


class BackboneContract:
    """Shared tests; the subclass gives a fixture ``backbone`` of class scope."""

    sizes: ClassVar[list[tuple[int, int]]] = [(64, 96), (61, 75), (33, 32)]
    limit: ClassVar[int]

    def image(self, height: int = 64, width: int = 96, count: int = 2) -> Tensor:
        return torch.randn(count, 3, height, width, generator=torch.Generator().manual_seed(1))

    def test_its_particulars_are_complete(self, backbone: Backbone) -> None:
        assert backbone.name
        assert re.fullmatch("[0-9a-f]{64}", backbone.identity)
        assert backbone.licence
        assert list(backbone.depths) == sorted(set(backbone.depths))
        assert set(backbone.default_depths) <= set(backbone.depths)
        assert list(backbone.default_depths) == sorted(backbone.default_depths, reverse=True)
        assert isinstance(backbone.positional, bool)

    @pytest.mark.parametrize("name", ["clip-tnseg", "tgc-net"])
    def test_networks_look_through_it(self, backbone: Backbone, name: str) -> None:
        options: dict[str, dict[str, object]] = {
            "clip-tnseg": {"width": 4},
            "tgc-net": {"width": 16, "pyramid": [4, 8, 8, 8]},
        }
        network = create_model(name, backbone=backbone, **options[name]).eval()
        text = backbone.encode_text(TEXTS)
        with torch.inference_mode():
            for words in (None, text):
                assert network(self.image(), words).shape == (2, 1, 64, 96)

    def test_nothing_of_it_learns(self, backbone: Backbone) -> None:
        assert not any(parameter.requires_grad for parameter in backbone.parameters())
        assert not any(module.training for module in backbone.train().modules())

    def test_shapes_at_any_size_and_depth_in_the_order_asked_for(self, backbone: Backbone) -> None:
        for depths in (backbone.depths, backbone.default_depths, backbone.depths[:1]):
            widths, strides = backbone.widths(depths), backbone.strides(depths)
            for height, width in self.sizes:
                found = backbone.encode_image(self.image(height, width), depths)
                expected = [
                    (2, c, -(-height // s), -(-width // s))
                    for c, s in zip(widths, strides, strict=True)
                ]
                assert [tuple(one.shape) for one in found.maps] == expected
                assert [tuple(one.shape) for one in found.classes] == [(2, c) for c in widths]
                assert all(torch.isfinite(part).all() for part in found.maps)
                whole = backbone.encode_whole(self.image(height, width))
                assert whole.ndim == 2
                assert len(whole) == 2
                assert torch.isfinite(whole).all()
                if backbone.joint:
                    assert whole.shape[1] == backbone.pooled_width

    def test_a_depth_asked_for_alone_is_the_same(self, backbone: Backbone) -> None:
        image = self.image()
        every = backbone.encode_image(image, backbone.depths)
        for place, depth in enumerate(backbone.depths):
            alone = backbone.encode_image(image, [depth])
            assert torch.equal(alone.maps[0], every.maps[place])
            assert torch.equal(alone.classes[0], every.classes[place])

    def test_no_such_depth(self, backbone: Backbone) -> None:
        for ask in (backbone.widths, backbone.strides):
            with pytest.raises(NodulensError, match="has no depth 99; it has "):
                ask([99])
        with pytest.raises(NodulensError, match="has no depth 99"):
            backbone.encode_image(self.image(), [99])

    def test_a_picture_depends_on_nothing_but_itself(self, backbone: Backbone) -> None:
        image = self.image()
        both = backbone.encode_image(image, backbone.depths)
        again = backbone.encode_image(image, backbone.depths)
        alone = backbone.encode_image(image[:1], backbone.depths)
        for one, other, single in zip(
            (*both.maps, *both.classes, backbone.encode_whole(image)),
            (*again.maps, *again.classes, backbone.encode_whole(image)),
            (*alone.maps, *alone.classes, backbone.encode_whole(image[:1])),
            strict=True,
        ):
            assert torch.equal(one, other)
            torch.testing.assert_close(one[:1], single, rtol=1e-4, atol=1e-4)
            assert not torch.allclose(one[0], one[1])

    def test_words(self, backbone: Backbone) -> None:
        found = backbone.encode_text(TEXTS)
        count = found.tokens.shape[1]
        assert found.tokens.shape == (2, count, backbone.text_width)
        assert found.mask.shape == (2, count)
        assert found.mask.dtype == torch.bool
        assert found.pooled.shape == (2, backbone.pooled_width)
        assert found.given.all()
        # Tokens first, padding behind.
        for row in found.mask:
            assert row[: row.sum()].all()
        assert found.mask[0].sum() < found.mask[1].sum()

    def test_words_do_not_depend_on_their_neighbours(self, backbone: Backbone) -> None:
        both, alone = backbone.encode_text(TEXTS), backbone.encode_text(TEXTS[:1])
        own, single = both.mask[0], alone.mask[0]
        torch.testing.assert_close(both.tokens[0][own], alone.tokens[0][single])
        torch.testing.assert_close(both.pooled[:1], alone.pooled)
        assert not torch.allclose(both.pooled[0], both.pooled[1])

    def test_long_words_are_cut_at_its_limit(self, backbone: Backbone) -> None:
        long = backbone.encode_text(["nodule " * 1000])
        assert long.mask.sum() == self.limit
        again = backbone.encode_text(["nodule " * 1001])
        assert torch.equal(long.pooled, again.pooled)
