from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nodulens.analysis.judge import stacked
from nodulens.data.manifest import read_manifest, write_manifest
from nodulens.errors import BadData
from nodulens.runtime.bundle import Stack, load_bundle
from nodulens.runtime.odds import probability_of
from nodulens.training import crossval as module
from nodulens.training.crossval import crossval
from nodulens.training.export_classifier import export_classifier
from nodulens.training.recipe import AnyRecipe, read_recipe

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of phantoms in three folds."""
    from nodulens.data.phantom_set import write_phantoms
    from nodulens.data.splits import split_dataset

    folder = tmp_path_factory.mktemp("phantoms") / "set"
    write_phantoms(24, folder, seed=5, width=320, height=240)
    split_dataset(folder, folds=3, seed=0)
    return folder


def forest() -> AnyRecipe:
    return read_recipe("forest", ["forest.trees=20", "objective.attributes=[]"])


@pytest.fixture(scope="module")
def recipes(tiny: Path, tiny_classifier: Path) -> list[AnyRecipe]:
    return [
        read_recipe(tiny, ["training.epochs=1"]),
        read_recipe(tiny_classifier, ["training.epochs=1"]),
        forest(),
    ]


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, data: Path, recipes: list[AnyRecipe]
) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("crossval") / "out"
    return out, crossval(recipes, data, out, final=True)


def per_image(path: Path) -> dict[str, float]:
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["id"]: float(row["probability"]) for row in csv.DictReader(stream)}


def test_every_system_is_judged_on_drawn_and_predicted_outlines(
    whole: tuple[Path, dict[str, Any]], data: Path
) -> None:
    out, record = whole
    assert record["classification"].keys() == {"tiny-classifier", "forest", "fusion"}
    judged = {row.id for row in read_manifest(data) if row.mask is not None}
    for system in record["classification"]:
        for outlines in ("drawn", "tiny"):
            assert per_image(out / "figures" / system / outlines / "per_image.csv").keys() == judged
    assert record["segmentation"]["tiny"]["dice"]["images"] == len(judged)
    assert {one["system"] for one in record["stages"]} == record["classification"].keys()
    text = (out / "crossval.md").read_text("utf-8")
    assert "always-suspicious" in text
    assert "AUC lost by predicting the outlines" in text


def test_no_run_has_seen_the_folds_that_it_is_judged_on(
    whole: tuple[Path, dict[str, Any]], data: Path
) -> None:
    out, _ = whole
    for path in out.glob("*/fold*/run.json"):
        run = json.loads(path.read_text("utf-8"))
        unseen = {run["fold"], *run["without"]}
        assert path.parent.name.removeprefix("folds").removeprefix("fold") == "-".join(
            map(str, sorted(unseen))
        )
        judged = path.parent.name
        for answers in (out / "answers" / path.parent.parent.name).glob(f"{judged}-*.json"):
            ids = json.loads(answers.read_text("utf-8"))["odds"].keys()
            folds = {row.fold for row in read_manifest(data) if row.id in ids}
            assert folds <= unseen


def test_calibration_of_a_fold_does_not_see_it(
    whole: tuple[Path, dict[str, Any]],
    data: Path,
    recipes: list[AnyRecipe],
    tmp_path: Path,
) -> None:
    """Whatever the labels of a fold are, its own probabilities stay as they are."""
    out, _ = whole
    copy = tmp_path / "out"
    shutil.copytree(out, copy)
    before = per_image(copy / "figures" / "fusion" / "drawn" / "per_image.csv")
    work = module._Work(list(recipes), data, copy, nested=False)
    swapped = {"benign": "suspicious", "suspicious": "benign"}
    for row in work.rows:
        if row.fold == 0:
            row.labels["malignancy"] = swapped[row.labels["malignancy"]]
    work.judge(lambda _: None)
    after = per_image(copy / "figures" / "fusion" / "drawn" / "per_image.csv")
    fold = {row.id: row.fold for row in work.rows}
    same = {id_ for id_ in before if before[id_] == after[id_]}
    assert {id_ for id_ in before if fold[id_] == 0} <= same
    # The others are calibrated by fold 0 among others, and must have moved.
    assert any(id_ not in same for id_ in before if fold[id_] != 0)


def test_a_probability_is_that_of_its_inner_folds_stack(
    whole: tuple[Path, dict[str, Any]], data: Path
) -> None:
    out, _ = whole
    metrics = json.loads((out / "figures/fusion/tiny/metrics.json").read_text("utf-8"))
    stacks = {one.pop("fold"): one for one in metrics["configuration"]["inner"]}
    found = per_image(out / "figures" / "fusion" / "tiny" / "per_image.csv")
    row = next(row for row in read_manifest(data) if row.id in found and row.fold == 1)
    odds = {
        part: np.asarray(
            [json.loads((out / f"answers/{name}/fold1-tiny.json").read_text())["odds"][row.id]]
        )
        for part, name in (("network", "tiny-classifier"), ("forest", "forest"))
    }
    inner = stacks[1]
    inner.pop("threshold")
    expected = probability_of(stacked(Stack.model_validate(inner), odds))[0]
    assert found[row.id] == pytest.approx(expected, abs=1e-5)


def test_it_goes_on_where_it_was_killed(
    whole: tuple[Path, dict[str, Any]],
    data: Path,
    recipes: list[AnyRecipe],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, record = whole
    copy = tmp_path / "out"
    shutil.copytree(out, copy)
    shutil.rmtree(copy / "forest" / "folds0-2")
    (copy / "answers" / "forest" / "folds0-2-drawn.json").unlink()
    (copy / "crossval.json").unlink()
    # What is there is not made again.
    monkeypatch.setattr("nodulens.training.train.train", _only_finished)
    again = crossval(recipes, data, copy, resume=True, final=True)
    assert again["classification"] == record["classification"]
    with pytest.raises(BadData, match="--resume"):
        crossval(recipes, data, copy)


def _only_finished(recipe: AnyRecipe, data: Path, out: Path, *rest: object) -> None:
    assert json.loads((out / "run.json").read_text("utf-8"))["finished"]


def test_shuffled_labels_are_not_learned(data: Path, tmp_path: Path) -> None:
    rows = read_manifest(data)
    labels = [row.labels["malignancy"] for row in rows]
    drawn = np.random.default_rng(4).permutation(labels).tolist()
    for row, label in zip(rows, drawn, strict=True):
        row.labels["malignancy"] = label
    folder = tmp_path / "shuffled"
    folder.mkdir()
    for name in ("images", "masks"):
        (folder / name).symlink_to(data / name)
    write_manifest(folder, rows)
    record = crossval([forest()], folder, tmp_path / "out")
    auc = record["classification"]["forest"]["drawn"]["auc"]
    assert auc["low"] < 0.5 < auc["high"] + 0.1


def test_the_final_system_is_one_bundle(
    whole: tuple[Path, dict[str, Any]], data: Path, tmp_path: Path
) -> None:
    out, record = whole
    worst = export_classifier(out, "fusion", tmp_path / "both", data, name="both", version="1")
    assert worst < 1e-4
    description = load_bundle(tmp_path / "both").description
    assert description.parts == ["network", "forest"]
    assert description.stack == Stack.model_validate(record["final"]["fusion"]["stack"])
    assert (description.deferral is None) == (
        None in record["final"]["fusion"]["deferral"]["limits"].values()
    )
    assert "drawn-outlines" in description.metrics
    card = (tmp_path / "both" / "MODEL_CARD.md").read_text("utf-8")
    assert "features of the outlined nodule" in card
    assert ("Defers" in card) == (description.deferral is not None)
    export_classifier(out, "forest", tmp_path / "both", data, name="alone", version="1")
    alone = load_bundle(tmp_path / "both")
    assert alone.description.input is None
    assert sorted(alone.description.files) == ["MODEL_CARD.md", "forest.onnx"]


def test_a_system_that_is_not_there_is_refused(
    whole: tuple[Path, dict[str, Any]], data: Path, tmp_path: Path
) -> None:
    out, _ = whole
    with pytest.raises(BadData, match="has no system nobody"):
        export_classifier(out, "nobody", tmp_path / "x", data, name="x", version="1")


def test_recipes_must_go_together(
    data: Path, tmp_path: Path, recipes: list[AnyRecipe], phantoms: Path
) -> None:
    with pytest.raises(BadData, match="two recipes of this name"):
        crossval([forest(), forest()], data, tmp_path / "out")
    second = forest().model_copy(update={"name": "second"})
    with pytest.raises(BadData, match="not two of a kind"):
        crossval([forest(), second], data, tmp_path / "out")
    with pytest.raises(BadData, match="inner folds need 3"):
        crossval([forest()], phantoms, tmp_path / "out")
    assert not (tmp_path / "out").exists()
