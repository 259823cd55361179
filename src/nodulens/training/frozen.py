"""What is frozen, computed once: a network's towers behind a cache."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nodulens.models.backbones.contract import Backbone, ImageFeatures, TextFeatures
from nodulens.models.feature_cache import FeatureCache
from nodulens.models.guided import GuidedNetwork

_SCHEMA = "1"


class FrozenTowers:
    """A network's frozen towers, which never look at the same picture or read the same text twice.

    What they say of pictures is rounded to float16 whether it was kept or not, so that a training
    with the cache is the same training as one without.

    Args:
        network: on a frozen backbone.
        cache: of what it says; None computes pictures each time. Texts are kept in memory.
    """

    def __init__(self, network: GuidedNetwork, cache: FeatureCache | None) -> None:
        # In a tuple: what is frozen does not belong into checkpoints.
        self._network = (network,)
        self.cache = cache
        self._texts: dict[str, TextFeatures] = {}

    @property
    def network(self) -> GuidedNetwork:
        """The network that looks through them."""
        return self._network[0]

    @property
    def backbone(self) -> Backbone:
        """The towers themselves."""
        return self.network.backbone

    def look(self, image: Tensor, keys: Sequence[str | None]) -> ImageFeatures:
        """Return what the image tower says of pictures.

        Args:
            image: (B, 3, H, W), normalised for the network.
            keys: of each picture, the same for the same pixels; None where it will not come again.
        """
        size = tuple(image.shape[-2:])
        names = [None if key is None else self._name(key, size) for key in keys]
        kept = [self._kept(name) for name in names]
        missing = [place for place, found in enumerate(kept) if found is None]
        if missing:
            seen = _split(self.network.look(image[missing]))
            for row, place in enumerate(missing):
                found = tuple(part[row] for part in seen)
                kept[place] = found
                name = names[place]
                if self.cache is not None and name is not None:
                    self.cache.put(name, found)
        return _join([tuple(part[None] for part in found) for found in kept if found is not None])

    def _kept(self, name: str | None) -> Arrays | None:
        return None if self.cache is None or name is None else self.cache.get(name)

    def pooled(self, key: str, picture: Callable[[], Tensor]) -> Tensor:
        """Return what the image tower says of one whole picture, (P,).

        Args:
            key: of the picture.
            picture: makes it, (1, 3, H, W), normalised for the network.
        """
        name = self._name(f"pooled/{key}", ())
        found = None if self.cache is None else self.cache.get(name)
        if found is None:
            found = (_half(self.network.look(picture()).pooled[0]),)
            if self.cache is not None:
                self.cache.put(name, found)
        return torch.from_numpy(found[0].astype(np.float32))

    def read(self, texts: Sequence[str]) -> TextFeatures:
        """Return what the text tower says; an empty string stands for "no words"."""
        new = sorted({text for text in texts if text} - self._texts.keys())
        for text in new:
            # One by one: so its numbers do not depend on which texts came along.
            self._texts[text] = self.network.read([text])
        return stack_texts([self._texts.get(text) for text in texts], self.backbone)

    def _name(self, key: str, size: tuple[int, ...]) -> str:
        parts = (_SCHEMA, key, self.backbone.identity, self.network.depths, size)
        return hashlib.sha256(repr(parts).encode()).hexdigest()


Arrays = tuple[NDArray[np.float16], ...]


def stack_texts(found: Sequence[TextFeatures | None], backbone: Backbone) -> TextFeatures:
    """Join the features of single texts into a batch, padded to the longest; None for no words."""
    count = len(found)
    length = max((text.tokens.shape[1] for text in found if text is not None), default=1)
    terms = max(
        (
            text.knowledge.shape[1]
            for text in found
            if text is not None and text.knowledge is not None
        ),
        default=0,
    )
    tokens = torch.zeros(count, length, backbone.text_width)
    mask = torch.zeros(count, length, dtype=torch.bool)
    pooled = torch.zeros(count, backbone.pooled_width)
    knowledge = torch.zeros(count, terms, backbone.pooled_width)
    known = torch.zeros(count, terms, dtype=torch.bool)
    for row, text in enumerate(found):
        if text is None:
            continue
        tokens[row, : text.tokens.shape[1]] = text.tokens[0]
        mask[row, : text.mask.shape[1]] = text.mask[0]
        pooled[row] = text.pooled[0]
        if text.knowledge is not None and text.known is not None:
            knowledge[row, : text.knowledge.shape[1]] = text.knowledge[0]
            known[row, : text.known.shape[1]] = text.known[0]
    if not terms:
        return TextFeatures(tokens, mask, pooled)
    return TextFeatures(tokens, mask, pooled, knowledge, known)


def _half(part: Tensor) -> NDArray[np.float16]:
    result: NDArray[np.float16] = part.to(torch.float16).numpy()
    return result


def _split(seen: ImageFeatures) -> Arrays:
    """Lay features out as arrays: pooled, then the maps, then the classes."""
    return tuple(_half(part) for part in (seen.pooled, *seen.maps, *seen.classes))


def _join(rows: Sequence[Arrays]) -> ImageFeatures:
    pooled, *rest = (
        torch.from_numpy(np.concatenate(parts).astype(np.float32))
        for parts in zip(*rows, strict=True)
    )
    half = len(rest) // 2
    return ImageFeatures(tuple(rest[:half]), pooled, tuple(rest[half:]))
