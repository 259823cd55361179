from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from nodulens.data.datasets import ViewDataset
from nodulens.data.manifest import read_manifest
from nodulens.errors import BadData
from nodulens.models.backbones.contract import ImageFeatures
from nodulens.models.frozen import FrozenFeatures
from nodulens.models.registry import default_config
from nodulens.training.recipe import Words, read_recipe
from nodulens.training.tasks import Task
from nodulens.training.visual import VisualPrompts
from nodulens.training.words import Teller
from tests.models.fake_backbone import FakeBackbone

pytestmark = pytest.mark.train


class Joint(FakeBackbone):
    joint = True

    def encode_image(self, image: torch.Tensor, depths: Sequence[int]) -> ImageFeatures:
        self.sizes = image.shape
        return super().encode_image(image, depths)


@pytest.fixture
def items(phantoms: Path) -> ViewDataset:
    return ViewDataset(phantoms, read_manifest(phantoms)[:8], (64, 96))


def task(tiny: Path) -> Task:
    return Task(torch.nn.Identity(), default_config("clip-tnseg"), read_recipe(tiny), 1)


def test_another_picture_of_the_same_words_is_mixed_in(items: ViewDataset, tiny: Path) -> None:
    backbone = Joint()
    frozen = FrozenFeatures(backbone, backbone.default_depths)
    teller = Teller(Words(source="labels"))
    prompts = VisualPrompts(items, teller, frozen)
    texts = ["thyroid nodule", "", "small nodule"]
    text = frozen.texts(texts)
    source = torch.Generator().manual_seed(0)
    mixed = prompts.mixed(task(tiny), text, texts, [0, 1, 2], source)
    # The fixed prompt is everybody's phrase; without words nothing stands for them.
    assert not torch.equal(mixed.pooled[0], text.pooled[0])
    assert torch.equal(mixed.pooled[1], text.pooled[1])
    assert backbone.sizes == (1, 3, 64, 64)
    assert torch.equal(mixed.tokens, text.tokens)


def test_a_phrase_of_one_picture_keeps_its_words(items: ViewDataset, tiny: Path) -> None:
    backbone = Joint()
    frozen = FrozenFeatures(backbone, backbone.default_depths)
    only = ViewDataset.__new__(ViewDataset)
    only.items, only.rows, only.contents = items.items[:1], items.rows[:1], items.contents[:1]
    prompts = VisualPrompts(only, Teller(Words(source="labels")), frozen)
    text = frozen.texts(["small nodule"])
    mixed = prompts.mixed(task(tiny), text, ["small nodule"], [0], torch.Generator())
    assert torch.equal(mixed.pooled, text.pooled)


def test_towers_of_different_spaces_are_refused(items: ViewDataset) -> None:
    backbone = FakeBackbone()
    frozen = FrozenFeatures(backbone, backbone.default_depths)
    with pytest.raises(BadData, match="different spaces"):
        VisualPrompts(items, Teller(Words(source="labels")), frozen)
