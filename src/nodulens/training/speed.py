"""What makes training fast on a processor without a GPU; each was measured."""

from __future__ import annotations

import contextlib
import ctypes
from typing import Literal

import torch
from torch import Tensor, nn

Precision = Literal["bf16", "float32"]


def choose_precision(wanted: str) -> Precision:
    """Resolve ``auto``: bfloat16 where the processor has matrix units for it, else float32."""
    if wanted == "auto":
        return "bf16" if torch.cpu._is_amx_tile_supported() else "float32"
    return "bf16" if wanted == "bf16" else "float32"


def keep_freed_memory() -> None:
    """Tell the C library to keep large freed blocks for the next step (Linux with glibc).

    By default each large activation is mapped and unmapped anew, and the kernel clears its pages
    every time: a fifth to a third of a training step.
    """
    trim_threshold, mmap_threshold, unlimited = -1, -3, 2**31 - 1
    with contextlib.suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(mmap_threshold, unlimited)
        library.mallopt(trim_threshold, unlimited)


def deterministic_without_filling() -> None:
    """Keep deterministic algorithms from also overwriting every new tensor with NaN.

    Filling exists to expose reads of uninitialised memory; results do not depend on it.
    """
    torch.utils.deterministic.fill_uninitialized_memory = False


def depthwise_in_float32(network: nn.Module) -> None:
    """Let depthwise convolutions compute in float32 under bfloat16 autocast.

    The matrix units do not help them, and their bfloat16 backward pass is up to six times slower
    than float32's (5×5 or stride 2, channels last): whole U-Nets train 1.6 times faster this way.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1:
            module.forward = _Float32(module)  # type: ignore[method-assign]


class _Float32:
    """The forward of one convolution, outside autocast."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        self.convolution = convolution

    def __call__(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            result = type(self.convolution).forward(self.convolution, x.float())
        return result.to(x.dtype)
