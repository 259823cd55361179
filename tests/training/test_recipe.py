from __future__ import annotations

from pathlib import Path

import pytest

from nodulens.errors import BadData
from nodulens.training.recipe import Recipe, read_recipe, shipped_recipes, to_toml

SHIPPED = ["unet-lite0", "resnet18-roi", "resnet18-start", "resnet18-linear"]


def test_every_shipped_recipe_is_valid_and_named_after_its_file() -> None:
    assert {*SHIPPED} <= shipped_recipes().keys()
    for name in shipped_recipes():
        assert read_recipe(name).name == name


@pytest.mark.parametrize("name", SHIPPED)
def test_toml_round_trip(name: str, tmp_path: Path) -> None:
    recipe = read_recipe(name)
    path = tmp_path / "recipe.toml"
    path.write_text(to_toml(recipe), "utf-8")
    assert read_recipe(path) == recipe


def test_text_with_quotes_survives_the_round_trip(tmp_path: Path) -> None:
    recipe = read_recipe("unet-lite0")
    odd = recipe.model_copy(update={"description": 'a "quoted" \\ back\nslash = 1 # no comment'})
    path = tmp_path / "recipe.toml"
    path.write_text(to_toml(odd), "utf-8")
    assert read_recipe(path) == odd


def test_settings_override() -> None:
    recipe = read_recipe(
        "unet-lite0",
        ["training.epochs=7", "network.options.encoder=resnet18", "augmentation.flip=0.0"],
    )
    assert recipe.training.epochs == 7
    assert recipe.network.options["encoder"] == "resnet18"
    assert recipe.augmentation.flip == 0


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("training.epoks=7", r"training\.epoks"),
        ("training.epochs=0", r"training\.epochs"),
        ("training.epochs", "section.key=value"),
        ("name.deeper=1", "is a value"),
        ("augmentation.flip=2", r"augmentation\.flip"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, message: str) -> None:
    with pytest.raises(BadData, match=message):
        read_recipe("unet-lite0", [setting])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["words.distractors=0.7", "words.exposures=0.5"], "are 1.2 together"),
        (["words.silent=0"], "silent=0 never trains"),
        (["words.source=rows"], "do not tell two pictures apart"),
    ],
)
def test_words_for_two_pictures_must_be_possible(settings: list[str], message: str) -> None:
    with pytest.raises(BadData, match=message):
        read_recipe("tgc-net-lite", settings)
    read_recipe("tgc-net-lite", ["words.source=rows", "words.distractors=0", "words.exposures=0"])


def test_a_wrong_name_lists_the_shipped_ones() -> None:
    with pytest.raises(BadData, match="unet-lite0"):
        read_recipe("no-such-recipe")


def test_broken_toml_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("name = ", "utf-8")
    with pytest.raises(BadData, match=r"broken\.toml"):
        read_recipe(path)


def test_what_is_missing_is_said() -> None:
    with pytest.raises(ValueError, match="network"):
        Recipe.model_validate({"name": "x", "task": "segmentation"})


def test_a_published_recipe_names_its_start_without_the_path() -> None:
    recipe = read_recipe("resnet18-linear", ["network.start_from=/elsewhere/runs/start"])
    assert recipe.without_paths().network.start_from == "start"
    assert recipe.network.start_from == "/elsewhere/runs/start"
    assert read_recipe("unet-lite0").without_paths().network.start_from is None
    recipe = read_recipe("transunet-paper", ["network.options.pretrained=/elsewhere/start.npz"])
    assert recipe.without_paths().network.options["pretrained"] == "start.npz"
