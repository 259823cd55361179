from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nodulens.analysis.region import parts_to_judge
from nodulens.data.manifest import read_manifest, write_manifest
from nodulens.data.pairs import read_pair
from nodulens.errors import BadData
from nodulens.measure.features import feature_names
from nodulens.training.evaluate import evaluate
from nodulens.training.forest import measure_rows, train_forest
from nodulens.training.recipe import ForestRecipe, read_recipe
from nodulens.training.run import load_any_run

pytestmark = pytest.mark.train


def recipe(**forest: object) -> ForestRecipe:
    settings = [f"forest.{name}={value}" for name, value in ({"trees": 20} | forest).items()]
    found = read_recipe("forest", settings)
    assert isinstance(found, ForestRecipe)
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, phantoms: Path) -> Path:
    out = tmp_path_factory.mktemp("forests") / "fold0"
    train_forest(recipe(), phantoms, out, 0)
    return out


def test_the_nodules_of_the_other_folds_are_learned_from(run: Path, phantoms: Path) -> None:
    rows = read_manifest(phantoms)
    seen = [row for row in rows if row.fold != 0 and row.mask is not None]
    record = json.loads((run / "run.json").read_text("utf-8"))
    assert record["finished"]
    assert record["images"] == {"training": len(seen)}
    table = measure_rows(phantoms, seen, feature_names())
    assert record["items"] == {"training": len(table.rows)}
    deciles = {one["name"]: one["deciles"] for one in record["forest"]["features"]}
    assert deciles["circularity"][0] == pytest.approx(
        float(table.features[:, feature_names().index("circularity")].min()), rel=1e-5
    )


def test_it_judges_what_it_has_not_seen_better_than_chance(
    run: Path, phantoms: Path, tmp_path: Path
) -> None:
    other = tmp_path / "fold1"
    train_forest(recipe(), phantoms, other, 1)
    evaluate([str(run), str(other)], phantoms, tmp_path / "figures")
    metrics = json.loads((tmp_path / "figures" / "metrics.json").read_text("utf-8"))
    # Phantoms are suspicious by their looks, which the features describe.
    assert metrics["metrics"]["auc"]["value"] > 0.6


def test_a_run_answers_as_its_forest(run: Path, phantoms: Path) -> None:
    loaded = load_any_run(run)
    row = next(row for row in read_manifest(phantoms) if row.mask is not None)
    frame, mask = read_pair(phantoms, row)
    parts = parts_to_judge(frame, mask).masks
    answers = loaded.judge()(frame, parts)
    assert len(answers) == len(parts)
    assert all(answer.sum() == pytest.approx(1, abs=1e-5) for answer in answers)
    assert 0 < loaded.threshold < 1


def test_features_of_one_group_may_do(phantoms: Path, tmp_path: Path) -> None:
    train_forest(recipe(features='["shape"]'), phantoms, tmp_path / "shape", 0)
    record = json.loads((tmp_path / "shape" / "run.json").read_text("utf-8"))
    assert [one["name"] for one in record["forest"]["features"]] == feature_names(["shape"])


def test_a_second_start_leaves_a_finished_forest_alone(run: Path, phantoms: Path) -> None:
    before = (run / "forest.onnx").stat().st_mtime_ns
    train_forest(recipe(), phantoms, run, 0)
    assert (run / "forest.onnx").stat().st_mtime_ns == before
    with pytest.raises(BadData, match="another recipe"):
        train_forest(recipe(trees=21), phantoms, run, 0)
    with pytest.raises(BadData, match="another without"):
        train_forest(recipe(), phantoms, run, 0, [1])


def test_the_same_seed_grows_the_same_forest(run: Path, phantoms: Path, tmp_path: Path) -> None:
    train_forest(recipe(), phantoms, tmp_path / "again", 0)
    assert (tmp_path / "again" / "forest.onnx").read_bytes() == (run / "forest.onnx").read_bytes()


def test_labels_may_be_merged(phantoms: Path, tmp_path: Path) -> None:
    rows = read_manifest(phantoms)
    grades = ["2", "3", "4a", "5"]
    for number, row in enumerate(rows):
        row.labels["grade"] = grades[number % 4]
    folder = tmp_path / "graded"
    folder.mkdir()
    for name in ("images", "masks"):
        (folder / name).symlink_to(phantoms / name)
    write_manifest(folder, rows)
    settings = [
        "forest.trees=5", "objective.label=grade", 'objective.classes=["low", "high"]',
        'objective.merge={low=["2", "3"], high=["4a", "5"]}', "objective.attributes=[]",
    ]  # fmt: skip
    merged = read_recipe("forest", settings)
    assert isinstance(merged, ForestRecipe)
    record = train_forest(merged, folder, tmp_path / "run")
    counts = np.asarray([record["label_counts"][name] for name in ("low", "high")])
    assert counts.min() > 0
    assert record["images"]["training"] == sum(row.mask is not None for row in rows)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ('objective.merge={high=["4a"]}', "not among the classes"),
        ('objective.merge={benign=["x"], suspicious=["x"]}', "stands in two classes"),
        ("forest.trees=0", "greater than 0"),
    ],
)
def test_recipes_that_mean_nothing_are_refused(change: str, message: str) -> None:
    with pytest.raises(BadData, match=message):
        read_recipe("forest", [change])


def test_data_without_a_class_cannot_be_learned(phantoms: Path, tmp_path: Path) -> None:
    lone = read_recipe("forest", ['objective.classes=["benign", "unheard-of"]'])
    assert isinstance(lone, ForestRecipe)
    with pytest.raises(BadData, match="is unheard-of"):
        train_forest(lone, phantoms, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(BadData, match="no fold 7"):
        train_forest(recipe(), phantoms, tmp_path / "out", 7)
