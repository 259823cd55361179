"""What a segmentation network is shown of its training images."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from nodulens.data.augment import UltrasoundAugmentation, random_crop
from nodulens.models.frozen import View
from nodulens.training.recipe import Recipe


class Views(NamedTuple):
    """A batch as the network is shown it.

    Attributes:
        images: float (B, 1, H, W), 0…1.
        masks: float (B, 1, H, W), 0 or 1.
        mirrored: whether left and right are swapped, bool (B,).
        numbers: of the items in their data set.
        keys: of each view, the same for the same pixels in whatever run; None where it will not
            come again.
    """

    images: Tensor
    masks: Tensor
    mirrored: Tensor
    numbers: list[int]
    keys: list[View | None]


class ViewMaker:
    """Augments the items of a data set, anew each time or in a fixed number of views of each.

    A fixed view depends on the image's content, the view's number and the recipe's augmentation
    and seed, so that folds of one study share them.

    Args:
        recipe: its input, augmentation, views and seed.
        contents: SHA-256 of the content of each training item.
    """

    def __init__(self, recipe: Recipe, contents: Sequence[str]) -> None:
        self.augment = UltrasoundAugmentation(recipe.augmentation.model_dump())
        self.size = (recipe.input.height, recipe.input.width)
        self.count = recipe.training.views
        self.seed = recipe.training.seed
        self.contents = contents
        changes = f"{recipe.augmentation.model_dump_json()}/{recipe.input.model_dump_json()}"
        self.kind = f"{changes}/{self.seed}"

    def training(self, batch: dict[str, Any], epoch: int, fresh: Generator) -> Views:
        """Return the views of a batch of items; the same arguments, the same views.

        Args:
            batch: ``image``, ``mask`` and ``number`` of the items: stacked, or lists where the
                items differ in size.
            epoch: in which it is shown.
            fresh: source of randomness for views that are made anew.
        """
        numbers = [int(item) for item in batch["number"]]
        if not self.count:
            changed = self._make(batch["image"], batch["mask"], fresh)
            return Views(*changed, numbers, [None] * len(numbers))
        keys = [self._key(item, epoch) for item in numbers]
        made = [
            self._make(image[None], mask[None], _generator(key))
            for image, mask, key in zip(batch["image"], batch["mask"], keys, strict=True)
        ]
        images, masks, mirrored = zip(*made, strict=True)
        return Views(torch.cat(images), torch.cat(masks), torch.cat(mirrored), numbers, [*keys])

    def _key(self, item: int, epoch: int) -> View:
        # In another order each time round, or the same views would always come together.
        turn, place = divmod(epoch, self.count)
        order = np.random.default_rng((self.seed, item, turn)).permutation(self.count)
        return View(self.contents[item], f"{order[place]}/{self.kind}")

    def _make(self, images: Any, masks: Any, source: Generator) -> tuple[Tensor, Tensor, Tensor]:
        if any(image.shape[-2:] != self.size for image in images):
            cut = [
                random_crop(image, mask, self.size, source)
                for image, mask in zip(images, masks, strict=True)
            ]
            images = torch.stack([image for image, _ in cut])
            masks = torch.stack([mask for _, mask in cut])
        changed = self.augment(images.float() / 255, masks.float(), source)
        assert changed.masks is not None
        return changed.images, changed.masks, changed.mirrored


def plain_views(batch: dict[str, Tensor], contents: Sequence[str]) -> Views:
    """Return the views of a batch as they are; ``contents`` as for :class:`ViewMaker`."""
    numbers = [int(item) for item in batch["number"]]
    return Views(
        batch["image"].float() / 255,
        batch["mask"].float(),
        torch.zeros(len(numbers), dtype=torch.bool),
        numbers,
        [View(contents[item], "as it is") for item in numbers],
    )


def _generator(view: View) -> Generator:
    digest = hashlib.sha256("/".join(view).encode()).hexdigest()
    return Generator().manual_seed(int(digest[:15], 16))
