from __future__ import annotations

import json
from pathlib import Path

import pytest

from nodulens.errors import BadData
from nodulens.training.explain import explain
from nodulens.training.forest import train_forest
from nodulens.training.recipe import ForestRecipe, read_recipe

pytestmark = pytest.mark.train


def grow(phantoms: Path, out: Path, fold: int, *settings: str) -> str:
    recipe = read_recipe("forest", ["forest.trees=20", "objective.attributes=[]", *settings])
    assert isinstance(recipe, ForestRecipe)
    train_forest(recipe, phantoms, out, fold)
    return str(out)


def test_what_a_phantom_is_judged_by_is_found(phantoms: Path, tmp_path: Path) -> None:
    runs = [grow(phantoms, tmp_path / f"fold{fold}", fold) for fold in (0, 1)]
    lines = explain(runs, phantoms, tmp_path / "out")
    found = json.loads((tmp_path / "out" / "explain.json").read_text("utf-8"))["importance"]
    drops = {one["name"]: one["drop"]["value"] for one in found["concepts"]}
    assert found["auc"] > 0.6
    assert list(drops.values()) == sorted(drops.values(), reverse=True)
    # The AUC falls to one half when all features are permuted, and no concept can be worth more.
    assert -0.2 < min(drops.values()) <= max(drops.values()) <= found["auc"] - 0.3
    assert lines[0].startswith(f"{found['concepts'][0]['name']}: ")
    page = (tmp_path / "out" / "explain.html").read_text("utf-8")
    assert "Which features the answer rests on" in page
    assert "Research use only" in page


def test_forests_of_different_features_are_not_mixed(phantoms: Path, tmp_path: Path) -> None:
    runs = [
        grow(phantoms, tmp_path / "fold0", 0),
        grow(phantoms, tmp_path / "fold1", 1, 'forest.features=["shape"]'),
    ]
    with pytest.raises(BadData, match="different features"):
        explain(runs, phantoms, tmp_path / "out")
    with pytest.raises(BadData, match="leave --segmenter out"):
        explain(runs[:1], phantoms, tmp_path / "out", segmenters=["ddti-unet-lite0"])
