"""A trained network that reads, as it is used: pixels and words in, probabilities out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nodulens.models.backbones.contract import ImageFeatures, TextFeatures
from nodulens.models.deploy import Normalised
from nodulens.models.frozen import FrozenFeatures
from nodulens.models.guided import GuidedNetwork
from nodulens.models.registry import NetworkConfig
from nodulens.runtime.preprocess import Letterbox
from nodulens.text.sides import swap_sides

_REMEMBERED = 4
"""Pictures whose features are kept: one and its mirror image, asked with several texts."""


class DeployedGuided(Normalised):
    """``pixels`` with what a text tower says of the words to ``probability``.

    This is what is exported; the frozen image tower is inside.

    Args:
        network: on a frozen backbone.
        config: with the normalisation of its input.
    """

    network: GuidedNetwork

    def __init__(self, network: GuidedNetwork, config: NetworkConfig) -> None:
        super().__init__(network, config)
        self.image_tower = network.backbone

    def forward(
        self,
        pixels: Tensor,
        tokens: Tensor,
        token_mask: Tensor,
        pooled: Tensor,
        knowledge: Tensor | None = None,
        known: Tensor | None = None,
    ) -> Tensor:
        """Return the probability that a pixel belongs to a nodule, float32 (B, 1, H, W).

        Args:
            pixels: uint8 (B, 1, H, W).
            tokens, token_mask, pooled, knowledge, known: as in ``TextFeatures``.
        """
        text = TextFeatures(tokens, token_mask, pooled, knowledge, known)
        return torch.sigmoid(self.network(self.normalised(pixels), text))


class GuidedModel:
    """Views of any size, with or without words, through a network that reads.

    Args:
        module: the deployed network.
        size: height and width of its input.
        mirror: average with the mirror image, which is told the words with their sides swapped.
        reach: by how much, in log-odds, words may move the answer of each pixel from what the
            network says without any; None for as far as it likes.
    """

    def __init__(
        self,
        module: DeployedGuided,
        size: tuple[int, int],
        *,
        mirror: bool,
        reach: float | None = None,
    ) -> None:
        self.module = module.eval()
        self.network = module.network
        self.size = size
        self.mirror = mirror
        self.reach = reach
        self._frozen = FrozenFeatures(module.network.backbone, module.network.depths)
        self._seen: OrderedDict[bytes, ImageFeatures] = OrderedDict()
        self._without_words: tuple[bytes, Tensor] = b"", torch.empty(0)

    def __call__(
        self, views: Sequence[NDArray[np.uint8]], text: str | None = None
    ) -> list[NDArray[np.float32]]:
        """Return for each view (h, w) the probability of nodule, float32 (h, w).

        Args:
            views: uint8.
            text: about all of them; None or an empty string for no words.
        """
        return [self._segment(view, text or "") for view in views]

    def attributes(
        self, view: NDArray[np.uint8], probability: NDArray[np.float32]
    ) -> dict[str, str]:
        """Return the network's own words for what it outlined: label to value.

        Args:
            view: uint8 (h, w).
            probability: of nodule, float32 (h, w), as a call returns it.
        """
        heads = self.network.attributes
        if heads is None:
            return {}
        box = Letterbox((view.shape[0], view.shape[1]), self.size)
        outline = box.into((probability >= 0.5).astype(np.uint8) * 255) > 127
        with torch.inference_mode():
            _, seen = self._look(box.into(view))
            logits = heads(seen, torch.from_numpy(outline)[None, None].float())
        (named,) = heads.name(logits)
        return named

    def _segment(self, view: NDArray[np.uint8], text: str) -> NDArray[np.float32]:
        box = Letterbox((view.shape[0], view.shape[1]), self.size)
        plane = box.into(view)
        with torch.inference_mode():
            logits = self._answer(plane, text)
            if text and self.reach is not None:
                alone = self._alone(plane)
                logits = torch.clamp(logits, alone - self.reach, alone + self.reach)
            answer: NDArray[np.float32] = torch.sigmoid(logits)[0, 0].numpy()
        return box.out_of(answer)

    def _alone(self, plane: NDArray[np.uint8]) -> Tensor:
        """Return what the network says without words."""
        key = plane.tobytes()
        if key != self._without_words[0]:
            self._without_words = key, self._answer(plane, "")
        return self._without_words[1]

    def _answer(self, plane: NDArray[np.uint8], text: str) -> Tensor:
        logits = self._logits(plane, text)
        if self.mirror:
            other = self._logits(plane[:, ::-1], swap_sides(text))
            logits = (logits + other.flip(-1)) / 2
        return logits

    def _logits(self, plane: NDArray[np.uint8], text: str) -> Tensor:
        image, seen = self._look(np.ascontiguousarray(plane))
        words = self._frozen.reading(self.network, [text]) if text else None
        logits: Tensor = self.network(image, words, seen)
        return logits

    def _look(self, plane: NDArray[np.uint8]) -> tuple[Tensor, ImageFeatures]:
        """Return a picture as the network takes it, and what the frozen tower says of it."""
        image = self.module.normalised(torch.from_numpy(plane)[None, None])
        key = plane.tobytes()
        if key not in self._seen:
            self._seen[key] = self.network.look(image)
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        self._seen.move_to_end(key)
        return image, self._seen[key]
