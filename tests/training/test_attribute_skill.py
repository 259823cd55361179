from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nodulens.data.manifest import read_manifest
from nodulens.training.attribute_skill import attribute_skill
from nodulens.training.forest import ForestRun, attribute_of, train_forest
from nodulens.training.recipe import ForestRecipe, read_recipe
from nodulens.training.run import load_any_run

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, phantoms: Path) -> dict[int, ForestRun]:
    recipe = read_recipe("forest", ["forest.trees=30", 'objective.attributes=["echogenicity"]'])
    assert isinstance(recipe, ForestRecipe)
    found = {}
    for fold in (0, 1):
        out = tmp_path_factory.mktemp("forests") / f"fold{fold}"
        train_forest(recipe, phantoms, out, fold)
        run = load_any_run(out)
        assert isinstance(run, ForestRun)
        found[fold] = run
    return found


def test_brightness_is_named_better_than_by_its_shares(
    runs: dict[int, ForestRun], phantoms: Path
) -> None:
    rows = read_manifest(phantoms)
    skill = attribute_skill(runs, rows, phantoms, lambda row, drawn: drawn)["echogenicity"]
    known = [row for row in rows if row.mask is not None and attribute_of(row, "echogenicity")]
    assert skill["images"] == len(known)
    # How bright a phantom is, is what its echogenicity means.
    assert skill["gain"]["value"] > 0
    assert skill["accuracy"] > skill["commonest"]
    assert skill["gain"]["value"] == pytest.approx(
        skill["log_loss_of_shares"] - skill["log_loss"], abs=1e-5
    )


def test_a_wrong_place_tells_less(runs: dict[int, ForestRun], phantoms: Path) -> None:
    rows = read_manifest(phantoms)
    right = attribute_skill(runs, rows, phantoms, lambda row, drawn: drawn)
    wrong = attribute_skill(runs, rows, phantoms, lambda row, drawn: np.zeros_like(drawn))
    assert wrong["echogenicity"]["log_loss"] > right["echogenicity"]["log_loss"]
