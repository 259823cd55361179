from __future__ import annotations

import json
from pathlib import Path

import pytest

from nodulens.training.recipe import read_recipe
from nodulens.training.train_recipe import train_recipe

pytestmark = pytest.mark.train


def test_a_forest_and_a_network_are_trained_alike(
    phantoms: Path, tiny_classifier: Path, tmp_path: Path
) -> None:
    forest = read_recipe("forest", ["forest.trees=5", "objective.attributes=[]"])
    network = read_recipe(tiny_classifier, ["training.epochs=1"])
    for name, recipe in (("forest", forest), ("network", network)):
        run = train_recipe(recipe, phantoms, tmp_path / name, 0)
        assert run["finished"]
        assert run["fold"] == 0
        written = json.loads((tmp_path / name / "run.json").read_text("utf-8"))
        assert written["recipe"]["name"] == recipe.name
    # Neither looks through anything frozen.
    assert not (tmp_path / "features").exists()
