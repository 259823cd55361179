from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nodulens.errors import BadData
from nodulens.training.cascade import Cascade, part_of, run_folder
from nodulens.training.crossval import crossval
from nodulens.training.recipe import AnyRecipe, read_recipe
from tests.training.conftest import small_forest

pytestmark = pytest.mark.train


def test_recipes_must_go_together(three_folds: Path, tmp_path: Path, phantoms: Path) -> None:
    with pytest.raises(BadData, match="two recipes of this name"):
        crossval([small_forest(), small_forest()], three_folds, tmp_path / "out")
    second = small_forest().model_copy(update={"name": "second"})
    with pytest.raises(BadData, match="not two of a kind"):
        crossval([small_forest(), second], three_folds, tmp_path / "out")
    with pytest.raises(BadData, match="inner folds need 3"):
        crossval([small_forest()], phantoms, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ([], False),
        (['objective.merge={benign=["2", "3"], suspicious=["4", "5"]}'], True),
        (['objective.merge={suspicious=["suspicious"]}'], False),
        (['objective.classes=["suspicious", "benign"]'], True),
        (["objective.label=grade"], True),
    ],
)
def test_classifiers_must_learn_the_same(
    three_folds: Path, tmp_path: Path, tiny_classifier: Path, change: list[str], refused: bool
) -> None:
    recipes = [small_forest(), read_recipe(tiny_classifier, change)]
    cascade = Cascade(recipes, three_folds, tmp_path / "out", nested=False)
    if refused:
        with pytest.raises(BadData, match="different labels"):
            cascade.check()
    else:
        cascade.check()


def test_inner_runs_are_of_classifiers_and_nested_of_segmentations_too(
    three_folds: Path, tmp_path: Path, cascade_recipes: list[AnyRecipe]
) -> None:
    one, pairs = [(0,), (1,), (2,)], [(0, 1), (0, 2), (1, 2)]
    segmenter, *classifiers = cascade_recipes
    for nested in (False, True):
        cascade = Cascade(cascade_recipes, three_folds, tmp_path, nested)
        assert cascade.unseen(segmenter) == (one + pairs if nested else one)
        assert all(cascade.unseen(classifier) == one + pairs for classifier in classifiers)
    alone = Cascade([segmenter], three_folds, tmp_path, nested=True)
    assert alone.unseen(segmenter) == one


def test_everything_has_its_place(
    cascade: tuple[Path, dict[str, Any]], three_folds: Path, cascade_recipes: list[AnyRecipe]
) -> None:
    out, _ = cascade
    assert [run_folder(out, "forest", unseen).name for unseen in ((), (1,), (0, 2))] == [
        "all", "fold1", "folds0-2",
    ]  # fmt: skip
    found = Cascade(cascade_recipes, three_folds, out, nested=False)
    assert found.systems.keys() == {"tiny-classifier", "forest", "fusion"}
    assert [part_of(recipe) for recipe in found.classifiers] == ["network", "forest"]
    row = next(row for row in found.rows if row.fold == 1 and row.mask is not None)
    assert row.id in found.told("forest", (1,), "tiny")
    assert found.mask("tiny", row).shape == (row.height, row.width)
