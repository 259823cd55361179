"""What every frozen vision-language backbone does, whatever it is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple, Self

import torch
from torch import Tensor, nn

from nodulens.errors import NodulensError

IMAGE_MEAN = (0.485, 0.456, 0.406)
IMAGE_STD = (0.229, 0.224, 0.225)
"""How every backbone wants its pictures normalised: ImageNet's way, as both CLIP-TNseg and CLIPSeg
feed CLIP. A tower that learned from another normalisation converts inside."""


class TextFeatures(NamedTuple):
    """Words as a frozen text tower sees them.

    Attributes:
        tokens: float (B, L, D), one vector a token.
        mask: bool (B, L), True where there is a token. A row without any stands for "no words".
        pooled: float (B, P), one vector for all of the words, not normalised.
        knowledge: float (B, N, P), pooled descriptions of the terms found in the words; None where
            nobody looked them up.
        known: bool (B, N), True where there is a description.
    """

    tokens: Tensor
    mask: Tensor
    pooled: Tensor
    knowledge: Tensor | None = None
    known: Tensor | None = None

    @property
    def given(self) -> Tensor:
        """Which of the batch have words, bool (B,)."""
        return self.mask.any(1)


class ImageFeatures(NamedTuple):
    """A picture as a frozen image tower sees it.

    Attributes:
        maps: of each depth asked for, float (B, C, h, w).
        classes: of each depth asked for, the vector that speaks for the whole picture there,
            float (B, C): a transformer's class token, the mean of a convolutional map.
    """

    maps: tuple[Tensor, ...]
    classes: tuple[Tensor, ...]


class Backbone(nn.Module, ABC):
    """A frozen image tower with a frozen text tower: always in evaluation, never learning.

    Attributes:
        name: by which it was asked for.
        identity: SHA-256, hexadecimal, of everything that decides its answers; the key of whatever
            is cached of it.
        depths: all depths that :meth:`encode_image` knows, the shallowest first.
        default_depths: those that a network reads unless told otherwise, in the order in which it
            reads them: the deepest first, as the published decoders do.
        text_width: D of its text tokens.
        pooled_width: P of its pooled texts.
        joint: whether whole pictures and pooled texts lie in one space.
        licence: of its weights.
        positional: whether its maps know where in the picture each of their cells lies, as those
            of a tower with position embeddings do.
    """

    name: str
    identity: str
    depths: tuple[int, ...]
    default_depths: tuple[int, ...]
    text_width: int
    pooled_width: int
    joint: ClassVar[bool]
    licence: str
    positional: ClassVar[bool]

    def freeze(self) -> Self:
        """Switch learning off; every builder's last act."""
        return self.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation, whatever the network around it does."""
        return super().train(False)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return itself: whoever copies a network, to average its weights, needs no other tower."""
        return self

    def check_depths(self, depths: Sequence[int]) -> None:
        """Refuse depths that this backbone does not have.

        Raises:
            NodulensError: there is one among them.
        """
        for depth in depths:
            if depth not in self.depths:
                raise NodulensError(
                    f"backbone {self.name!r}: has no depth {depth}; it has "
                    f"{', '.join(map(str, self.depths))}"
                )

    @abstractmethod
    def widths(self, depths: Sequence[int]) -> tuple[int, ...]:
        """Return the number of channels of the map at each depth."""

    @abstractmethod
    def strides(self, depths: Sequence[int]) -> tuple[int, ...]:
        """Return how many pixels of the picture one pixel of the map at each depth stands for."""

    @abstractmethod
    def encode_image(self, image: Tensor, depths: Sequence[int]) -> ImageFeatures:
        """Look at pictures.

        Args:
            image: float (B, 3, H, W), normalised with :data:`IMAGE_MEAN` and :data:`IMAGE_STD`;
                any size of at least one stride, sides need not be multiples of it.
            depths: which maps are wanted, in this order.

        Returns:
            The maps are ceil(H / stride) × ceil(W / stride); what a tower pads is at the right and
            below.

        Raises:
            NodulensError: it has no such depth.
        """

    @abstractmethod
    def encode_whole(self, image: Tensor) -> Tensor:
        """Return one vector for each picture, float (B, P), not normalised.

        Args:
            image: as for :meth:`encode_image`.
        """

    @abstractmethod
    def encode_text(self, texts: Sequence[str]) -> TextFeatures:
        """Read words; longer texts than the tower can take are cut at its limit."""


def no_text(count: int, backbone: Backbone) -> TextFeatures:
    """Return the features of "no words" for a batch of ``count``."""
    return TextFeatures(
        torch.zeros(count, 1, backbone.text_width),
        torch.zeros(count, 1, dtype=torch.bool),
        torch.zeros(count, backbone.pooled_width),
    )
