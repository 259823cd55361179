"""How much of a network learns."""

from __future__ import annotations

from torch import nn

from nodulens.models.guided import GuidedNetwork


def count_parameters(network: nn.Module) -> dict[str, int]:
    """Return the numbers of parameters of a network.

    Returns:
        ``trainable``, ``frozen`` (of a backbone, too) and ``full_fine_tuning``: what would learn if
        nothing were frozen.
    """
    trainable = sum(p.numel() for p in network.parameters() if p.requires_grad)
    frozen = sum(p.numel() for p in network.parameters() if not p.requires_grad)
    if isinstance(network, GuidedNetwork):
        frozen += sum(p.numel() for p in network.backbone.parameters())
    return {"trainable": trainable, "frozen": frozen, "full_fine_tuning": trainable + frozen}
