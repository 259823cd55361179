from __future__ import annotations

from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nodulens.errors import NodulensError
from nodulens.models.backbones.contract import TextFeatures
from nodulens.models.clip_tnseg import (
    ClipTnseg,
    CoarseBranch,
    FineBranch,
    PredictionHead,
    ResidualBlock,
    clip_tnseg,
    one_grid,
    tokens_of,
)
from tests.models.contract import SegmentationContract
from tests.models.fake_backbone import FakeBackbone, fake_backbones, read

pytestmark = [pytest.mark.train, pytest.mark.usefixtures("fake_backbones")]
__all__ = ["fake_backbones"]


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def small(**options: Any) -> ClipTnseg:
    torch.manual_seed(0)
    return clip_tnseg(**({"backbone": FakeBackbone(), "width": 4} | options)).eval()


class TestClipTnseg(SegmentationContract):
    name = "clip-tnseg"
    options: ClassVar[dict[str, Any]] = {"backbone": "fake", "width": 4}

    def test_every_parameter_learns(self) -> None:
        # With words for one of the two: else FiLM would have nothing to learn from.
        network = self.build().train()
        assert isinstance(network, ClipTnseg)
        image = self.image(64, 96)
        network(image, read(network, ["left upper", ""])).square().mean().backward()
        silent = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
        assert silent == []
        frozen = [p for p in network.backbone.parameters() if p.requires_grad or p.grad is not None]
        assert frozen == []

    def test_text_is_accepted(self) -> None:
        network = self.build().eval()
        assert isinstance(network, ClipTnseg)
        image = self.image(61, 75)
        with torch.no_grad():
            none = network(image)
            mixed = network(image, read(network, ["", "left upper"]))
            other = network(image, read(network, ["", "right lower"]))
            empty = network(image, read(network, ["", ""]))
        torch.testing.assert_close(mixed[0], none[0])
        torch.testing.assert_close(empty, none)
        assert not torch.allclose(mixed[1], none[1])
        assert not torch.allclose(mixed[1], other[1])


class TestWithoutFine(SegmentationContract):
    name = "clip-tnseg"
    options: ClassVar[dict[str, Any]] = {
        "backbone": "fake",
        "width": 4,
        "fine": False,
        "words": False,
    }
    test_text_is_accepted = None  # type: ignore[assignment]


def test_parameter_counts_are_the_published_ones() -> None:
    # The reference's coarse branch has a Linear 768→64 besides that its forward never uses.
    assert parameters(CoarseBranch()) == 2_154_624 - (768 * 64 + 64)
    assert parameters(FineBranch()) == 6_384_800
    assert parameters(PredictionHead()) == 172_993


def test_the_whole_network_at_its_default_width_is_made_of_them() -> None:
    network = small(width=32)
    assert network.FGB is not None
    assert parameters(network.FGB) == 6_384_800
    assert parameters(network.PH) == 172_993
    (block, *_) = network.CGB.blocks  # type: ignore[union-attr]
    assert block.linear1.out_features == 2048


def test_maps_have_the_image_s_size() -> None:
    image = torch.rand(2, 3, 61, 75)
    fine = FineBranch(8).eval()(image)
    tokens = [torch.rand(2, 1 + 4 * 6, 768) for _ in range(3)]
    coarse = CoarseBranch().eval()(tokens, torch.rand(2, 512), None, (4, 6))
    assert fine.shape == (2, 8, 61, 75)
    assert coarse.shape == (2, 64, 64, 96)


@pytest.mark.parametrize("off", ["coarse", "fine", "words"])
def test_what_is_switched_off_has_no_parameters_and_no_effect(off: str) -> None:
    whole, part = small(), small(**{off: False})
    names = {name for name, _ in whole.named_parameters()}
    missing = names - {name for name, _ in part.named_parameters()}
    prefix = {"coarse": "CGB.", "fine": "FGB.", "words": "CGB.film_"}[off]
    # The head's first block keeps its width where only the coarse map comes in.
    missing -= {"PH.0.skip.weight", "PH.0.skip.bias"}
    assert missing == {name for name in names if name.startswith(prefix)}
    image, text = torch.rand(1, 3, 64, 64), read(part, ["left"])
    with torch.no_grad():
        assert torch.equal(part(image, text), part(image)) == (off != "fine")


def test_nothing_left_and_odd_widths_are_refused() -> None:
    with pytest.raises(NodulensError, match="neither"):
        small(coarse=False, fine=False)
    with pytest.raises(NodulensError, match="even"):
        small(width=5)
    with pytest.raises(NodulensError, match="one grid"):
        small(backbone=FakeBackbone(strides=(8, 16, 24)))


def test_what_was_seen_is_not_looked_at_again() -> None:
    network = small()
    backbone = network.backbone
    assert isinstance(backbone, FakeBackbone)
    image = torch.rand(2, 3, 50, 70)
    with torch.no_grad():
        expected = network(image)
        seen = network.look(image)
        looked = backbone.looked
        torch.testing.assert_close(network(image, seen=seen), expected)
        halved = seen._replace(maps=tuple(part.half() for part in seen.maps))
        torch.testing.assert_close(network(image, seen=halved), expected, atol=0.02, rtol=0.02)
    assert backbone.looked == looked


def test_the_fine_branch_alone_does_not_look() -> None:
    network = small(coarse=False)
    network(torch.rand(1, 3, 64, 64))
    assert isinstance(network.backbone, FakeBackbone)
    assert network.backbone.looked == 0


def test_frozen_weights_are_in_no_state_dict() -> None:
    assert not any("kernels" in key or "backbone" in key for key in small().state_dict())


def test_a_mixed_condition_is_taken_as_it_is() -> None:
    network = small()
    image, text = torch.rand(1, 3, 64, 64), read(network, ["left"])
    with torch.no_grad():
        mixed = network(image, text._replace(pooled=text.pooled * 0.5))
        assert not torch.allclose(mixed, network(image, text))


def test_depths_are_read_deepest_first_unless_told() -> None:
    assert small().depths == (2, 1, 0)
    assert small(depths=(0, 1)).depths == (0, 1)


def test_a_backbone_of_one_stride_keeps_its_own_grid() -> None:
    network = small(backbone=FakeBackbone(strides=(8, 8, 8)))
    assert network.patch == 8
    with torch.no_grad():
        assert network(torch.rand(1, 3, 61, 75)).shape == (1, 1, 61, 75)


@pytest.mark.parametrize("stride", [4, 8, 16, 32, 64])
def test_one_grid_keeps_places(stride: int) -> None:
    height, width = 130, 100
    cells = (-(-height // stride), -(-width // stride))
    x = (torch.arange(cells[1]) + 0.5) * stride
    found = x.expand(1, 1, *cells)
    grid = (-(-height // 16), -(-width // 16))
    moved = one_grid(found, stride, 16, grid)
    assert moved.shape == (1, max(1, 16 // stride) ** 2, *grid)
    inner = slice(2, -2)
    expected = (torch.arange(grid[1]) + 0.5) * 16
    torch.testing.assert_close(moved[0, :, 0, inner].mean(0), expected[inner])


class TestFolded(SegmentationContract):
    name = "clip-tnseg"
    options: ClassVar[dict[str, Any]] = {"backbone": "fake", "width": 4, "fold": 2}
    test_every_parameter_learns = TestClipTnseg.test_every_parameter_learns
    test_text_is_accepted = TestClipTnseg.test_text_is_accepted


@pytest.mark.parametrize("fold", [0, 3])
def test_a_fold_that_cannot_be_is_refused(fold: int) -> None:
    with pytest.raises(NodulensError, match="power of two"):
        small(fold=fold)


def test_only_towers_without_positions_are_given_some() -> None:
    class Positional(FakeBackbone):
        positional = True

    blank = torch.zeros(1, 3, 128, 128)
    for kind, differ in ((FakeBackbone, True), (Positional, False)):
        network = small(backbone=kind(strides=(16, 16, 16)))
        coarse = network.CGB
        assert coarse is not None
        tokens = [tokens_of(part, part.mean((2, 3))) for part in _even(network, blank)]
        with torch.no_grad():
            result = coarse(tokens, None, None, (8, 8))
        corners = result[..., :16, :16], result[..., -16:, -16:]
        assert (not torch.allclose(*corners, atol=1e-4)) == differ


def _even(network: ClipTnseg, image: Tensor) -> list[Tensor]:
    return [F.adaptive_avg_pool2d(part, 8) for part in network.look(image).maps]


def reference_block(x: Tensor, block: ResidualBlock) -> Tensor:
    """The residual block written out, from its weights."""

    def half(y: Tensor, layers: nn.Sequential) -> Tensor:
        norm, convolution = layers[0], layers[2]
        grouped = y.reshape(len(y), norm.num_groups, -1)
        centred = grouped - grouped.mean(2, keepdim=True)
        y = (centred / (grouped.var(2, unbiased=False, keepdim=True) + 1e-5).sqrt()).view_as(y)
        y = y * norm.weight[:, None, None] + norm.bias[:, None, None]
        return F.conv2d(y * y.sigmoid(), convolution.weight, convolution.bias, padding=1)

    inside = half(half(x, block.in_layers), block.out_layers)
    return inside + (
        F.conv2d(x, block.skip.weight, block.skip.bias) if isinstance(block.skip, nn.Conv2d) else x
    )


@pytest.mark.parametrize("out", [8, 12])
def test_a_residual_block_is_what_it_says(out: int) -> None:
    torch.manual_seed(0)
    block = ResidualBlock(8, out, 4)
    nn.init.normal_(block.in_layers[0].weight)
    x = torch.randn(2, 8, 9, 7)
    torch.testing.assert_close(block(x), reference_block(x, block), atol=1e-5, rtol=1e-5)


def test_the_condition_changes_the_coarse_map_of_its_own_row_only() -> None:
    branch = CoarseBranch((20, 20), 6, 8).eval()
    tokens = [torch.rand(2, 1 + 4, 20) for _ in range(2)]
    one = torch.randn(2, 6)
    other = one.clone()
    other[1] += 1
    with torch.no_grad():
        a, b = (branch(tokens, condition, None, (2, 2)) for condition in (one, other))
    torch.testing.assert_close(a[0], b[0])
    assert not torch.allclose(a[1], b[1])


def test_words_are_known_by_their_mask() -> None:
    network = small()
    text = read(network, ["left"])
    nothing = TextFeatures(text.tokens, torch.zeros_like(text.mask), text.pooled)
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(network(image, nothing), network(image))
