"""What is frozen is computed once: a backbone's answers, through a cache.

Whether there is a cache, and what is in it, changes nothing: every picture and every text is looked
at on its own, and its features are rounded to float16, with or without. So a training goes the same
way to the last bit.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from nodulens.errors import NodulensError
from nodulens.models.backbones.contract import Backbone, ImageFeatures, TextFeatures, no_text
from nodulens.models.feature_cache import FeatureCache, Half
from nodulens.models.guided import GuidedNetwork

_SCHEMA = 2
"""Counts up when the same key would stand for other features."""
_TEXTS_IN_MEMORY = 1024


class View(NamedTuple):
    """One picture, seen in one way.

    Attributes:
        content: hash of the picture's bytes or pixels.
        view: what was done to it before the backbone sees it (augmentation and normalisation), so
            that the same words stand for the same pixels.
    """

    content: str
    view: str


class FrozenFeatures:
    """A frozen backbone that remembers.

    Args:
        backbone: looked through.
        depths: of the maps, in the order in which the network reads them.
        cache: where features are kept from one training to the next; None computes pictures anew
            every time, and keeps texts in memory only.
    """

    def __init__(
        self, backbone: Backbone, depths: Sequence[int], cache: FeatureCache | None = None
    ) -> None:
        backbone.check_depths(depths)
        self.backbone = backbone
        self.depths = tuple(depths)
        self.cache = cache
        self._texts: OrderedDict[str, tuple[Half, ...]] = OrderedDict()

    def images(
        self,
        views: Sequence[View | None],
        size: tuple[int, int],
        pixels: Callable[[list[int]], Tensor],
    ) -> ImageFeatures:
        """Return the features of a batch of pictures.

        Args:
            views: one a picture; None where it will not come again and need not be kept.
            size: height and width of the pictures.
            pixels: called once at most, with the places in ``views`` whose features are not known;
                returns these pictures, float (n, 3, height, width), normalised as
                :meth:`Backbone.encode_image` wants them. A picture must not depend on which others
                are asked for.

        Returns:
            Float32, each number rounded to float16.

        Raises:
            NodulensError: a feature is too large for float16, or not a number.
        """
        found = self._pictures(("image", self.depths), self._maps, views, size, pixels)
        count = len(self.depths)
        return ImageFeatures(tuple(found[:count]), tuple(found[count:]))

    def wholes(
        self,
        views: Sequence[View | None],
        size: tuple[int, int],
        pixels: Callable[[list[int]], Tensor],
    ) -> Tensor:
        """Return one vector for each picture of a batch, float (B, P); see :meth:`images`."""
        (found,) = self._pictures(
            ("whole",), lambda images: (self.backbone.encode_whole(images),), views, size, pixels
        )
        return found

    def _pictures(
        self,
        kind: tuple[object, ...],
        ask: Callable[[Tensor], tuple[Tensor, ...]],
        views: Sequence[View | None],
        size: tuple[int, int],
        pixels: Callable[[list[int]], Tensor],
    ) -> list[Tensor]:
        """Return what a tower that is asked says of pictures, each part for the whole batch."""
        keys = [None if view is None else self._key(*kind, list(view), size) for view in views]
        rows = [None if key is None else self._recall(key) for key in keys]
        # A picture that is in the batch twice is looked at once.
        first = [place if key is None else keys.index(key) for place, key in enumerate(keys)]
        wanted = [place for place in sorted(set(first)) if rows[place] is None]
        if wanted:
            images = pixels(wanted)
            passing = [row for row, place in enumerate(wanted) if keys[place] is None]
            for row, looked in zip(passing, self._look(ask, images[passing]), strict=True):
                rows[wanted[row]] = looked
            for row, place in enumerate(wanted):
                key = keys[place]
                if key is not None:
                    # One at a time: how a library sums up depends on the size of the batch, and
                    # what was missing from the cache must not decide the last bit.
                    (looked,) = self._look(ask, images[row : row + 1])
                    rows[place] = looked
                    if self.cache is not None:
                        self.cache.put(key, looked)
        found = [arrays for place in first if (arrays := rows[place]) is not None]
        return [torch.from_numpy(np.stack(parts)).float() for parts in zip(*found, strict=True)]

    def texts(self, texts: Sequence[str]) -> TextFeatures:
        """Return the features of texts, one a picture; an empty one stands for "no words".

        Raises:
            NodulensError: a feature is too large for float16, or not a number.
        """
        blank = no_text(1, self.backbone)
        rows = []
        for text in texts:
            if text:
                states, whole = (torch.from_numpy(part.astype("f4")) for part in self._read(text))
                rows.append((states, torch.ones(len(states), dtype=torch.bool), whole))
            else:
                rows.append((blank.tokens[0], blank.mask[0], blank.pooled[0]))
        tokens, masks, pooled = zip(*rows, strict=True)
        return TextFeatures(
            pad_sequence(list(tokens), batch_first=True),
            pad_sequence(list(masks), batch_first=True),
            torch.stack(pooled),
        )

    def reading(self, network: GuidedNetwork, texts: Sequence[str]) -> TextFeatures:
        """Return the features of texts, with what their terms mean where the network wants it."""
        found = self.texts(texts)
        meanings = [network.descriptions(text) for text in texts]
        if not any(meanings):
            return found
        pooled = [
            self.texts(told).pooled if told else found.pooled.new_zeros(0, found.pooled.shape[1])
            for told in meanings
        ]
        known = [torch.ones(len(told), dtype=torch.bool) for told in meanings]
        return found._replace(
            knowledge=pad_sequence(pooled, batch_first=True),
            known=pad_sequence(known, batch_first=True),
        )

    def _maps(self, images: Tensor) -> tuple[Tensor, ...]:
        found = self.backbone.encode_image(images, self.depths)
        return (*found.maps, *found.classes)

    @torch.no_grad()
    def _look(
        self, ask: Callable[[Tensor], tuple[Tensor, ...]], images: Tensor
    ) -> list[tuple[Half, ...]]:
        """Return the features of each picture of a batch, which may be empty."""
        if not len(images):
            return []
        with torch.autocast("cpu", enabled=False):
            parts = ask(images.float())
        return [self._rounded(*(part[row] for part in parts)) for row in range(len(images))]

    @torch.no_grad()
    def _read(self, text: str) -> tuple[Half, ...]:
        """Return tokens (L, D) and pooled (P,)."""
        if text in self._texts:
            self._texts.move_to_end(text)
            return self._texts[text]
        key = self._key("text", text)
        arrays = self._recall(key)
        if arrays is None:
            with torch.autocast("cpu", enabled=False):
                found = self.backbone.encode_text([text])
            arrays = self._rounded(found.tokens[0, found.mask[0]], found.pooled[0])
            if self.cache is not None:
                self.cache.put(key, arrays)
        self._texts[text] = arrays
        if len(self._texts) > _TEXTS_IN_MEMORY:
            self._texts.popitem(last=False)
        return arrays

    def _recall(self, key: str) -> tuple[Half, ...] | None:
        return None if self.cache is None else self.cache.get(key)

    def _key(self, *facts: object) -> str:
        content = json.dumps([_SCHEMA, self.backbone.identity, *facts])
        return hashlib.sha256(content.encode()).hexdigest()

    def _rounded(self, *parts: Tensor) -> tuple[Half, ...]:
        # In one layout, kept or not: how a library sums up depends on that, too.
        halves = tuple(part.half().contiguous() for part in parts)
        if not all(torch.isfinite(half).all() for half in halves):
            raise NodulensError(
                f"backbone {self.backbone.name!r}: a feature is not a number or beyond ±65504, "
                "which float16 cannot hold; read other depths"
            )
        return tuple(half.numpy() for half in halves)
