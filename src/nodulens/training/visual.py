"""Visual prompts in training: another image of the same words stands in for them, in part."""

from __future__ import annotations

import hashlib
from collections import defaultdict

import torch
from torch import Generator, Tensor

from nodulens.data.datasets import ViewDataset
from nodulens.data.visual_prompt import visual_prompt
from nodulens.errors import BadData
from nodulens.models.backbones.contract import TextFeatures
from nodulens.models.conditioning import mix
from nodulens.models.frozen import FrozenFeatures, View
from nodulens.training.tasks import Task
from nodulens.training.words import Teller


class VisualPrompts:
    """Mixes the vector of the words with that of another image (CLIP-TNseg, arXiv 2412.05530).

    The other image is of the same phrase: the same fixed prompt, the same text, or the same labels,
    whatever their place and size.

    Args:
        training: the data set.
        teller: who finds the words.
        towers: of a backbone that puts pictures and words into one space.

    Raises:
        BadData: the backbone does not.
    """

    def __init__(self, training: ViewDataset, teller: Teller, towers: FrozenFeatures) -> None:
        if not towers.backbone.joint:
            raise BadData(
                f"backbone {towers.backbone.name}: pictures and words lie in different spaces; set "
                "words.visual=false or choose an open_clip backbone"
            )
        self.training = training
        self.towers = towers
        self.phrases = [teller.phrase(row) for row in training.rows]
        self.alike: dict[str, list[int]] = defaultdict(list)
        for number, phrase in enumerate(self.phrases):
            if training.items[number]["mask"].any():
                self.alike[phrase].append(number)
                self.alike[teller.settings.prompt].append(number)
        self.fixed = teller.settings.prompt

    def mixed(
        self,
        task: Task,
        text: TextFeatures,
        texts: list[str],
        numbers: list[int],
        source: Generator,
    ) -> TextFeatures:
        """Return the words' features with their pooled vectors mixed.

        Args:
            task: that normalises pictures for the tower.
            text: of ``texts``.
            texts: the words of each view.
            numbers: of the items in the data set.
            source: of everything random.
        """
        chosen = [
            self._other(number, words, source) for number, words in zip(numbers, texts, strict=True)
        ]
        known = torch.tensor([other is not None for other in chosen])
        visual = torch.zeros_like(text.pooled)
        for place, other in enumerate(chosen):
            if other is not None:
                visual[place] = self._vector(task, other)
        return text._replace(pooled=mix(text.pooled, visual, known, source))

    def _other(self, number: int, words: str, source: Generator) -> int | None:
        if not words:
            return None
        phrase = self.fixed if words == self.fixed else self.phrases[number]
        others = [item for item in self.alike[phrase] if item != number]
        if not others:
            return None
        return others[int(torch.randint(len(others), (1,), generator=source))]

    def _vector(self, task: Task, number: int) -> Tensor:
        item = self.training.items[number]
        size = min(item["image"].shape[-2:])

        def picture(_: list[int]) -> Tensor:
            made = visual_prompt(item["image"][0].numpy(), item["mask"][0].numpy() > 0, size)
            return task.normalised(torch.from_numpy(made)[None, None].float() / 255)

        outline = hashlib.sha256(item["mask"].numpy().tobytes()).hexdigest()
        view = View(self.training.contents[number], f"visual prompt/{outline}")
        return self.towers.wholes([view], (size, size), picture)[0]
