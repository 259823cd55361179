"""Training a network that looks through a frozen backbone and may be told words."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor
from torch.nn import functional as F

from nodulens.data.datasets import ViewDataset
from nodulens.data.distractor import lay_over, paste
from nodulens.models.backbones.contract import ImageFeatures, TextFeatures
from nodulens.models.frozen import FrozenFeatures, View
from nodulens.models.guided import GuidedNetwork
from nodulens.models.registry import NetworkConfig
from nodulens.training.recipe import Recipe
from nodulens.training.tasks import SegmentationTask
from nodulens.training.views import Views, plain_views
from nodulens.training.visual import VisualPrompts
from nodulens.training.words import Teller


def in_scan(image: Tensor, mask: Tensor) -> NDArray[np.bool_]:
    """Cut the black margins of a view off its mask: words of place and size are of the scan.

    Args:
        image: float (1, H, W), black where a letterbox or a shift has left nothing.
        mask: float (1, H, W), 0 or 1.

    Returns:
        Bool (h, w); all of the mask where the whole view is black.
    """
    rows, columns = (image[0].amax(axis).nonzero().flatten() for axis in (1, 0))
    if len(rows) == 0:
        return mask[0].numpy() > 0
    box = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    result: NDArray[np.bool_] = mask[0][box].numpy() > 0
    return result


class GuidedTask(SegmentationTask):
    """Segmentation with and without words.

    Scored by the mean of two Dice values: without words, and with the words of the annotation.

    Args:
        network: on a frozen backbone.
        towers: that backbone, with whatever is known of pictures and words already.
        training, validation: the data sets, whose rows and contents the words need.
    """

    network: GuidedNetwork

    def __init__(
        self,
        network: GuidedNetwork,
        config: NetworkConfig,
        recipe: Recipe,
        steps: int,
        *,
        towers: FrozenFeatures,
        training: ViewDataset,
        validation: ViewDataset,
    ) -> None:
        super().__init__(network, config, recipe, steps, training.contents)
        self.towers = towers
        self.rows = {"training": training.rows, "validation": validation.rows}
        self.contents = validation.contents
        self.teller = Teller(recipe.words)
        self.prompts = VisualPrompts(training, self.teller, towers) if recipe.words.visual else None

    def training_step(self, batch: dict[str, Any], number: int) -> Tensor:
        """Return the loss of a batch after augmentation."""
        source = self.generator(number)
        views, texts = self._told(self.views.training(batch, self.current_epoch, source), source)
        seen = self._seen(views)
        text = self._read(views, texts, source)
        logits = self.network(self.normalised(views.images), text, seen).float()
        loss = self.loss(logits, views.masks)
        self.log("train_loss", loss, on_epoch=True, on_step=False, batch_size=len(views.images))
        if self.network.attributes is not None:
            loss = loss + self.recipe.objective.attributes_weight * self._naming(views, seen)
        return loss

    def validation_step(self, batch: dict[str, Tensor], number: int) -> None:
        """Log loss and per-view foreground Dice, without and with words."""
        views = plain_views(batch, self.contents)
        seen, image = self._seen(views), self.normalised(views.images)
        scores = {}
        for name, text in {"none": None, "words": self._oracle(views)}.items():
            logits = self.network(image, text, seen).float()
            scores[name] = self.dice(logits, views.masks).mean()
            self.log(f"val_dice_{name}", scores[name], batch_size=len(image))
        self.log("val_loss", self.loss(logits, views.masks), batch_size=len(image))
        both = (scores["none"] + scores["words"]) / 2
        self.log("val_dice", both, batch_size=len(image), prog_bar=True)

    def _seen(self, views: Views) -> ImageFeatures:
        return self.towers.images(
            views.keys,
            tuple(views.images.shape[-2:]),  # type: ignore[arg-type]
            lambda places: self.normalised(views.images[places]),
        )

    def _told(self, views: Views, source: Generator) -> tuple[Views, list[str]]:
        """Return the views, a second nodule in some of them, and the words for each."""
        chance = random.Random(int(torch.randint(2**31, (1,), generator=source)))
        told = [self._tell(views, place, chance) for place in range(len(views.numbers))]
        images, masks, numbers, keys, texts = zip(*told, strict=True)
        return (
            Views(torch.stack(images), torch.stack(masks), views.mirrored, [*numbers], [*keys]),
            [*texts],
        )

    def _tell(
        self, views: Views, place: int, chance: random.Random
    ) -> tuple[Tensor, Tensor, int, View | None, str]:
        """Return image, mask, number, key and words of one view."""
        rows, count = self.rows["training"], len(views.numbers)
        number, image, mask = views.numbers[place], views.images[place], views.masks[place]
        kind = self.teller.draw(chance)
        if kind == "told" and count > 1:
            other = (place + chance.randrange(1, count)) % count
            both = self._with_another(views, place, other, chance)
            if both is not None:
                picture, second = both
                pair = (number, mask), (views.numbers[other], second)
                chosen = self.teller.of_two(
                    [(rows[item], in_scan(picture, outline)) for item, outline in pair], chance
                )
                if chosen is not None:
                    text, meant = chosen
                    return picture, pair[meant][1], pair[meant][0], None, text
        mirrored = bool(views.mirrored[place])
        text = self.teller.in_training(kind, rows[number], in_scan(image, mask), mirrored, chance)
        return image, mask, number, views.keys[place], text

    def _with_another(
        self, views: Views, place: int, other: int, chance: random.Random
    ) -> tuple[Tensor, Tensor] | None:
        """Return a view with the nodule of another in it, and its mask; None where it has none."""
        settings, drawn = self.recipe.words, chance.random()
        image, second = views.images[place], views.images[other]
        outline = views.masks[other]
        if drawn < settings.distractors:
            return paste(image, views.masks[place], second, outline, chance)
        if drawn < settings.distractors + settings.exposures:
            return (lay_over(image, second, chance), outline) if outline.any() else None
        return None

    def _read(self, views: Views, texts: list[str], source: Generator) -> TextFeatures | None:
        if not any(texts):
            return None
        text = self.towers.reading(self.network, texts)
        if self.prompts is not None:
            text = self.prompts.mixed(self, text, texts, views.numbers, source)
        return text

    def _oracle(self, views: Views) -> TextFeatures | None:
        if self.recipe.words.source == "none":
            return None
        rows = self.rows["validation"]
        texts = [
            self.teller.oracle(rows[item], in_scan(image, mask))
            for item, image, mask in zip(views.numbers, views.images, views.masks, strict=True)
        ]
        return self.towers.reading(self.network, texts)

    def _naming(self, views: Views, seen: ImageFeatures) -> Tensor:
        assert self.network.attributes is not None
        answers = self.network.attributes(seen, views.masks)
        rows = self.rows["training"]
        loss = torch.zeros(())
        for name, values in self.network.attributes.values.items():
            found = [rows[item].labels.get(name) for item in views.numbers]
            target = torch.tensor([values.index(v) if v in values else -1 for v in found])
            if (target >= 0).any():
                loss = loss + F.cross_entropy(answers[name].float(), target, ignore_index=-1)
        return loss
