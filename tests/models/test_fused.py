from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nodulens.models.fused import norm_silu

pytestmark = pytest.mark.train


def norm_of(groups: int, channels: int, dtype: torch.dtype = torch.float32) -> nn.GroupNorm:
    norm = nn.GroupNorm(groups, channels, dtype=dtype)
    nn.init.normal_(norm.weight, 1, 0.5)
    nn.init.normal_(norm.bias)
    return norm


def both_ways(
    x: Tensor, norm: nn.GroupNorm, towards: Tensor
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Result and gradients of input, weight and bias: ours, and torch's."""
    found = []
    for function in (lambda x: norm_silu(x, norm), lambda x: F.silu(norm(x))):
        start = x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
        norm.zero_grad()
        result = function(start)
        result.backward(towards)
        parts = (start.grad, norm.weight.grad, norm.bias.grad)
        found.append((result.detach(), *(part.clone() for part in parts if part is not None)))
    return found[0], found[1]


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("groups", "channels"), [(1, 6), (3, 12), (8, 8)])
def test_forward_and_backward_are_torch_s(
    memory_format: torch.memory_format, groups: int, channels: int
) -> None:
    torch.manual_seed(0)
    norm = norm_of(groups, channels)
    x = (torch.randn(3, channels, 9, 7) * 2 + 1).to(memory_format=memory_format)
    ours, theirs = both_ways(x, norm, torch.randn_like(x))
    assert len(ours) == len(theirs) == 4
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, atol=1e-5, rtol=1e-5)
    assert ours[0].is_contiguous(memory_format=memory_format)
    assert ours[1].is_contiguous(memory_format=memory_format)


def test_gradients_are_those_of_small_steps() -> None:
    torch.manual_seed(0)
    norm = norm_of(2, 4, torch.float64)
    x = torch.randn(2, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    # Statistics are kept in float32: small steps agree to that.
    assert torch.autograd.gradcheck(lambda x: norm_silu(x, norm), (x,), atol=1e-4, rtol=1e-4)


def test_in_half_precision_it_is_as_near_to_the_truth_as_torch_s_is() -> None:
    torch.manual_seed(0)
    norm = norm_of(4, 16)
    x, towards = torch.randn(2, 16, 40, 40) + 1, torch.randn(2, 16, 40, 40)
    _, truth = both_ways(x.bfloat16().float(), norm, towards.bfloat16().float())
    ours, theirs = both_ways(x.bfloat16(), norm, towards.bfloat16())
    assert ours[0].dtype == torch.bfloat16
    for mine, other, true in zip(ours, theirs, truth, strict=True):
        errors = [(part.float() - true).norm() / true.norm() for part in (mine, other)]
        assert errors[0] < max(2 * errors[1], 0.01)


def test_it_keeps_its_input_and_no_other_map() -> None:
    norm = norm_of(2, 4)
    x = torch.randn(1, 4, 32, 32, requires_grad=True)
    kept: list[Tensor] = []

    def keep(part: Tensor) -> Tensor:
        kept.append(part)
        return part

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda part: part):
        norm_silu(x, norm)
    maps = [part for part in kept if part.ndim == 4]
    assert len(maps) == 1
    assert maps[0].data_ptr() == x.data_ptr()


def test_evaluation_does_not_write_over_its_input() -> None:
    norm = norm_of(2, 4).eval()
    x = torch.randn(1, 4, 8, 8)
    before = x.clone()
    with torch.no_grad():
        quick = norm_silu(x, norm)
    assert torch.equal(x, before)
    torch.testing.assert_close(norm_silu(x, norm), quick)
