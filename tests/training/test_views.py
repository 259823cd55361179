from __future__ import annotations

from typing import Any

import pytest
import torch

from nodulens.training.recipe import Recipe
from nodulens.training.views import ViewMaker, plain_views

pytestmark = pytest.mark.train

CONTENTS = ["a", "b", "c"]


def recipe(**training: Any) -> Recipe:
    return Recipe.model_validate(
        {
            "name": "views",
            "task": "segmentation",
            "network": {"name": "unet"},
            "input": {"height": 24, "width": 32},
            "training": {"epochs": 1, "batch_size": 2, "learning_rate": 1e-3, **training},
        }
    )


def batch(*numbers: int, size: tuple[int, int] = (24, 32)) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 255, (3, 1, *size), dtype=torch.uint8, generator=generator)
    masks = torch.zeros(3, 1, *size, dtype=torch.uint8)
    masks[..., 4:12, 6:20] = 1
    places = list(numbers)
    return {"image": pixels[places], "mask": masks[places], "number": torch.tensor(places)}


def fresh(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_fixed_views_come_again_and_have_keys() -> None:
    maker = ViewMaker(recipe(views=3), CONTENTS)
    shown = [maker.training(batch(0, 1), epoch, fresh(epoch)) for epoch in range(6)]
    keys = [views.keys[0] for views in shown]
    # Every view once in each turn of three epochs.
    assert len(set(keys[:3])) == 3
    assert set(keys[:3]) == set(keys[3:])
    again = shown[3 + keys[3:].index(keys[0])]
    assert torch.equal(again.images[0], shown[0].images[0])
    assert torch.equal(again.masks[0], shown[0].masks[0])
    assert not torch.equal(shown[0].images[0], shown[1].images[0])


def test_a_view_depends_on_its_picture_and_not_on_its_batch_or_place() -> None:
    maker = ViewMaker(recipe(views=2), CONTENTS)
    # In another data set the same picture has another number.
    other = ViewMaker(recipe(views=2), ["x", "y", "a"])
    first = {maker.training(batch(0, 1), epoch, fresh()).keys[0] for epoch in range(2)}
    second = {other.training(batch(2, 1), epoch, fresh()).keys[0] for epoch in range(2)}
    assert first == second
    alone = maker.training(batch(0), 0, fresh(5))
    together = maker.training(batch(1, 0), 0, fresh(6))
    assert torch.equal(alone.images[0], together.images[1])


@pytest.mark.parametrize("change", [{"augmentation": {"zoom": 0.3}}, {"training": {"seed": 1}}])
def test_another_recipe_makes_other_views(change: dict[str, Any]) -> None:
    base = recipe(views=2).model_dump()
    for section, values in change.items():
        base[section] = base[section] | values
    one = ViewMaker(recipe(views=2), CONTENTS).training(batch(0), 0, fresh())
    other = ViewMaker(Recipe.model_validate(base), CONTENTS).training(batch(0), 0, fresh())
    assert one.keys != other.keys


def test_views_made_anew_follow_the_generator_and_have_no_keys() -> None:
    maker = ViewMaker(recipe(), CONTENTS)
    first, again, other = (maker.training(batch(0, 1), 0, fresh(seed)) for seed in (1, 1, 2))
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.images, other.images)
    assert first.keys == [None, None]


@pytest.mark.parametrize("views", [0, 2])
def test_larger_items_are_cut_to_the_input(views: int) -> None:
    maker = ViewMaker(recipe(views=views), CONTENTS)
    large = batch(0, 1, size=(24, 50))
    lists = {name: list(values) for name, values in large.items()}
    shown = maker.training(lists, 0, fresh())
    assert shown.images.shape == shown.masks.shape == (2, 1, 24, 32)
    assert shown.masks.sum() > 0


def test_plain_views_are_the_items() -> None:
    shown = plain_views(batch(2), CONTENTS)
    assert torch.equal(shown.images[0], batch(2)["image"][0].float() / 255)
    assert not shown.mirrored.any()
    assert shown.keys[0] is not None
    assert shown.keys[0].content == "c"
