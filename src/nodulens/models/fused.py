"""Group norm and SiLU as one step of training that keeps its input and little else.

torch's own pair keeps two maps for the way back and, in bfloat16, goes back through the norm a
hundred times slower than through anything beside it: two thirds of a training step of CLIP-TNseg.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F


def norm_silu(x: Tensor, norm: nn.GroupNorm) -> Tensor:
    """Return SiLU of a group norm with weights, (B, C, H, W), in the dtype of ``x``.

    Where no gradient is wanted, and in evaluation, these are torch's own two steps: graphs are
    exported from them.
    """
    if norm.training and torch.is_grad_enabled():
        result: Tensor = _NormSiLU.apply(x, norm.weight, norm.bias, norm.num_groups, norm.eps)
        return result
    return F.silu(norm(x), inplace=not torch.is_grad_enabled())


class _NormSiLU(torch.autograd.Function):
    """The way back computes the norm again: that is cheaper than to keep it."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, groups: int, eps: float
    ) -> Tensor:
        """Return SiLU of the norm; keep the input and each group's mean and deviation."""
        count, channels, height, width = x.shape
        normed, mean, rate = torch.native_group_norm(
            x, weight, bias, count, channels, height * width, groups, eps
        )
        ctx.save_for_backward(x, weight, bias, mean, rate)
        return F.silu(normed, inplace=True)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        """Return the gradients of input, weight and bias."""
        x, weight, bias, mean, rate = ctx.saved_tensors
        count, channels, height, width = x.shape
        groups = mean.shape[1]
        each = channels // groups
        # A group's values, in float32 and once a channel: (B, C).
        mean, rate = (part.float().repeat_interleave(each, 1) for part in (mean, rate))
        scale = rate * weight.float()
        shift = bias.float() - mean * scale
        normed = torch.addcmul(_spread(shift, x), x, _spread(scale, x))
        inner = torch.ops.aten.silu_backward.grad_input(gradient, normed, grad_input=normed)
        product = inner * x
        # Sums over pixels of the gradient, alone and times the normalised input.
        total = _sum(inner)
        along = (_sum(product) - mean * total) * rate

        def of_groups(values: Tensor) -> Tensor:
            weighted = (values * weight.float()).view(count, groups, each).sum(2)
            return weighted.repeat_interleave(each, 1) / (each * height * width)

        slope = -of_groups(along) * rate * rate
        offset = -of_groups(total) * rate - slope * mean
        result = torch.addcmul(_spread(offset, x), x, _spread(slope, x), out=product)
        result.addcmul_(inner, _spread(scale, x))
        return result, along.sum(0).to(weight), total.sum(0).to(bias), None, None


def _spread(values: Tensor, x: Tensor) -> Tensor:
    return values.to(x.dtype)[:, :, None, None]


def _sum(x: Tensor) -> Tensor:
    """Sum over pixels, (B, C), in float32; channels last the layout decides the speed by far."""
    if not x.is_contiguous(memory_format=torch.channels_last):
        return x.sum((2, 3), dtype=torch.float32)
    # Columns first: their sums are rounded to the dtype of x, the sum of these no more.
    columns = x.permute(0, 2, 3, 1).flatten(2).sum(1).float()
    return columns.view(len(x), x.shape[3], x.shape[1]).sum(1)
