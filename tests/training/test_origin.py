from __future__ import annotations

from pathlib import Path

import pytest

from nodulens.data.manifest import read_manifest, write_manifest
from nodulens.training.forest import ForestRun
from nodulens.training.origin import learned_rows, meaning_of, training_of
from nodulens.training.recipe import Labelled, Recipe, read_recipe
from nodulens.training.run import load_run
from nodulens.training.train import train
from tests.training.conftest import small_forest

pytestmark = pytest.mark.train


def test_the_last_class_is_what_is_probable() -> None:
    meaning = meaning_of(Labelled(classes=["low", "high"]))
    assert meaning == "high rather than low, as the labels of the training set say"


def test_rows_learned_from_are_counted_with_merged_labels_and_without_folds(
    tmp_path: Path, three_folds: Path, tiny_classifier: Path
) -> None:
    rows = read_manifest(three_folds)
    for number, row in enumerate(rows):
        row.labels["grade"] = ["2", "3", "4a", "5"][number % 4]
    data, out = tmp_path / "graded", tmp_path / "run"
    data.mkdir()
    for name in ("images", "masks"):
        (data / name).symlink_to(three_folds / name)
    write_manifest(data, rows)
    settings = [
        "training.epochs=1", "objective.label=grade", 'objective.classes=["low", "high"]',
        'objective.merge={low=["2", "3"], high=["4a", "5"]}', "objective.auxiliary=[]",
    ]  # fmt: skip
    recipe = read_recipe(tiny_classifier, settings)
    assert isinstance(recipe, Recipe)
    record = train(recipe, data, out, 0, without=[2])
    run, rows = load_run(out), read_manifest(data)
    learned = learned_rows(run, rows)
    assert {row.fold for row in learned} == {1}
    training = training_of([run], data, rows, learned, ["A note."])
    assert training.images == record["images"]["training"] > 0
    assert training.data.endswith(", folds 0, 2 held out")
    assert training.recipe == "tiny-classifier"
    assert training.notes[-2].startswith("Learned the radiologist's suspicion")
    assert training.notes[-1] == "A note."


def test_parts_with_seeds_of_their_own_have_none_together(tmp_path: Path) -> None:
    forest = small_forest()
    other = read_recipe("forest", ["forest.seed=5"])
    assert not isinstance(forest, Recipe)
    assert not isinstance(other, Recipe)
    one, two = (ForestRun(tmp_path, recipe, {"fold": None}) for recipe in (forest, other))
    together = training_of([one, two], tmp_path, [], [], [])
    assert together.seed is None
    assert together.recipe == "forest + forest"
    assert together.data.endswith("fold none held out")
    assert training_of([one, one], tmp_path, [], [], []).seed == forest.forest.seed
