from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

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
    from nodulens.data.phantom_set import write_phantoms
    from nodulens.data.splits import split_dataset

    folder = tmp_path_factory.mktemp("phantoms") / "set"
    write_phantoms(24, folder, seed=3, width=320, height=240)
    split_dataset(folder, folds=2, seed=0)
    return folder


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
    from nodulens.training.recipe import read_recipe
    from nodulens.training.train import train

    folder = tmp_path_factory.mktemp("runs")
    for fold in (0, 1):
        train(read_recipe(tiny), phantoms, folder / f"fold{fold}", fold)
    return [folder / "fold0", folder / "fold1"]


@pytest.fixture(scope="session")
def classifier_runs(
    tmp_path_factory: pytest.TempPathFactory, phantoms: Path, tiny_classifier: Path
) -> list[Path]:
    """Two finished classification runs, one for each fold."""
    from nodulens.training.recipe import read_recipe
    from nodulens.training.train import train

    folder = tmp_path_factory.mktemp("classifier-runs")
    for fold in (0, 1):
        train(read_recipe(tiny_classifier), phantoms, folder / f"fold{fold}", fold)
    return [folder / "fold0", folder / "fold1"]


@pytest.fixture(scope="session")
def three_folds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of phantoms in three folds."""
    from nodulens.data.phantom_set import write_phantoms
    from nodulens.data.splits import split_dataset

    folder = tmp_path_factory.mktemp("phantoms") / "set"
    write_phantoms(24, folder, seed=5, width=320, height=240)
    split_dataset(folder, folds=3, seed=0)
    return folder


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

    out = tmp_path_factory.mktemp("crossval") / "out"
    return out, crossval(cascade_recipes, three_folds, out, final=True)
