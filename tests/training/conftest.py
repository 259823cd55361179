from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.once import made_once

if TYPE_CHECKING:
    from nodulens.training.recipe import AnyRecipe

TINY = """
name = "tiny"
task = "segmentation"

[network]
name = "unet"

[network.options]
encoder = "test_efficientnet"
pretrained = false
decoder_channels = [32, 16, 16, 8, 8]
dropout = 0.2

[input]
height = 64
width = 96

[training]
epochs = 3
batch_size = 4
learning_rate = 3e-3
average = 0.8
precision = "float32"
"""

TINY_CLASSIFIER = """
name = "tiny-classifier"
task = "classification"

[network]
name = "resnet18"

[input]
height = 32
width = 32

[objective]
auxiliary = ["composition"]

[training]
epochs = 2
batch_size = 8
learning_rate = 1e-3
precision = "float32"
"""


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of phantoms in two folds."""
    return _phantoms(tmp_path_factory, "phantoms-two-folds", folds=2, seed=3)


@pytest.fixture(scope="session")
def three_folds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of phantoms in three folds."""
    return _phantoms(tmp_path_factory, "phantoms-three-folds", folds=3, seed=5)


def _phantoms(factory: pytest.TempPathFactory, name: str, *, folds: int, seed: int) -> Path:
    from nodulens.data.phantom_set import write_phantoms
    from nodulens.data.splits import split_dataset

    def make(folder: Path) -> None:
        write_phantoms(24, folder / "set", seed=seed, width=320, height=240)
        split_dataset(folder / "set", folds=folds, seed=0)

    return made_once(factory, name, make) / "set"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recipe of a U-Net that trains in seconds."""
    path = tmp_path_factory.mktemp("recipes") / "tiny.toml"
    path.write_text(TINY, "utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recipe of a classifier that trains in seconds."""
    path = tmp_path_factory.mktemp("recipes") / "tiny-classifier.toml"
    path.write_text(TINY_CLASSIFIER, "utf-8")
    return path


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory, phantoms: Path, tiny: Path) -> list[Path]:
    """Two finished segmentation runs, one for each fold."""
    return _runs(tmp_path_factory, "runs", tiny, phantoms)


@pytest.fixture(scope="session")
def classifier_runs(
    tmp_path_factory: pytest.TempPathFactory, phantoms: Path, tiny_classifier: Path
) -> list[Path]:
    """Two finished classification runs, one for each fold."""
    return _runs(tmp_path_factory, "classifier-runs", tiny_classifier, phantoms)


def _runs(factory: pytest.TempPathFactory, name: str, recipe: Path, data: Path) -> list[Path]:
    from nodulens.training.recipe import read_recipe
    from nodulens.training.train import train

    def make(folder: Path) -> None:
        for fold in (0, 1):
            train(read_recipe(recipe), data, folder / f"fold{fold}", fold)

    folder = made_once(factory, name, make)
    return [folder / "fold0", folder / "fold1"]


def small_forest() -> AnyRecipe:
    """Return a recipe of a forest that grows in a second."""
    from nodulens.training.recipe import read_recipe

    return read_recipe("forest", ["forest.trees=20", 'objective.attributes=["echogenicity"]'])


@pytest.fixture(scope="session")
def cascade_recipes(tiny: Path, tiny_classifier: Path) -> list[AnyRecipe]:
    """A segmentation, a classifying network and a forest."""
    from nodulens.training.recipe import read_recipe

    return [
        read_recipe(tiny, ["training.epochs=1"]),
        read_recipe(tiny_classifier, ["training.epochs=1"]),
        small_forest(),
    ]


@pytest.fixture(scope="session")
def cascade(
    tmp_path_factory: pytest.TempPathFactory, three_folds: Path, cascade_recipes: list[AnyRecipe]
) -> tuple[Path, dict[str, Any]]:
    """A finished cross-validation: its folder and what it found."""
    from nodulens.training.crossval import crossval

    def make(folder: Path) -> None:
        crossval(cascade_recipes, three_folds, folder / "out", final=True)

    out = made_once(tmp_path_factory, "crossval", make) / "out"
    return out, json.loads((out / "crossval.json").read_text("utf-8"))
