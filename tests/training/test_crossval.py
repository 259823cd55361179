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
from nodulens.runtime.bundle import Stack
from nodulens.runtime.odds import probability_of
from nodulens.training import crossval as module
from nodulens.training.crossval import crossval
from nodulens.training.recipe import AnyRecipe
from tests.training.conftest import small_forest

pytestmark = pytest.mark.train


def per_image(path: Path) -> dict[str, float]:
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["id"]: float(row["probability"]) for row in csv.DictReader(stream)}


def test_every_system_is_judged_on_drawn_and_predicted_outlines(
    cascade: tuple[Path, dict[str, Any]], three_folds: Path
) -> None:
    out, record = cascade
    assert record["classification"].keys() == {"tiny-classifier", "forest", "fusion"}
    judged = {row.id for row in read_manifest(three_folds) if row.mask is not None}
    for system in record["classification"]:
        for outlines in ("drawn", "tiny"):
            assert per_image(out / "figures" / system / outlines / "per_image.csv").keys() == judged
    assert record["segmentation"]["tiny"]["dice"]["images"] == len(judged)
    assert {one["system"] for one in record["stages"]} == record["classification"].keys()
    assert record["attributes"].keys() == {"drawn", "tiny"}
    assert record["attributes"]["tiny"]["echogenicity"]["images"] == len(judged)
    text = (out / "crossval.md").read_text("utf-8")
    assert "always-suspicious" in text
    assert "AUC lost by predicting the outlines" in text


def test_no_run_has_seen_the_folds_that_it_is_judged_on(
    cascade: tuple[Path, dict[str, Any]], three_folds: Path
) -> None:
    out, _ = cascade
    for path in out.glob("*/fold*/run.json"):
        run = json.loads(path.read_text("utf-8"))
        unseen = {run["fold"], *run["without"]}
        assert path.parent.name.removeprefix("folds").removeprefix("fold") == "-".join(
            map(str, sorted(unseen))
        )
        judged = path.parent.name
        for answers in (out / "answers" / path.parent.parent.name).glob(f"{judged}-*.json"):
            ids = json.loads(answers.read_text("utf-8"))["odds"].keys()
            folds = {row.fold for row in read_manifest(three_folds) if row.id in ids}
            assert folds <= unseen


def test_calibration_of_a_fold_does_not_see_it(
    cascade: tuple[Path, dict[str, Any]],
    three_folds: Path,
    cascade_recipes: list[AnyRecipe],
    tmp_path: Path,
) -> None:
    """Whatever the labels of a fold are, its own probabilities stay as they are."""
    out, _ = cascade
    copy = tmp_path / "out"
    shutil.copytree(out, copy)
    before = per_image(copy / "figures" / "fusion" / "drawn" / "per_image.csv")
    work = module._Work(list(cascade_recipes), three_folds, copy, nested=False)
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
    cascade: tuple[Path, dict[str, Any]], three_folds: Path
) -> None:
    out, _ = cascade
    metrics = json.loads((out / "figures/fusion/tiny/metrics.json").read_text("utf-8"))
    stacks = {one.pop("fold"): one for one in metrics["configuration"]["inner"]}
    found = per_image(out / "figures" / "fusion" / "tiny" / "per_image.csv")
    row = next(row for row in read_manifest(three_folds) if row.id in found and row.fold == 1)
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
    cascade: tuple[Path, dict[str, Any]],
    three_folds: Path,
    cascade_recipes: list[AnyRecipe],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, record = cascade
    copy = tmp_path / "out"
    shutil.copytree(out, copy)
    shutil.rmtree(copy / "forest" / "folds0-2")
    (copy / "answers" / "forest" / "folds0-2-drawn.json").unlink()
    (copy / "crossval.json").unlink()
    # What is there is not made again.
    monkeypatch.setattr("nodulens.training.train.train", _only_finished)
    again = crossval(cascade_recipes, three_folds, copy, resume=True, final=True)
    assert again["classification"] == record["classification"]
    with pytest.raises(BadData, match="--resume"):
        crossval(cascade_recipes, three_folds, copy)


def test_what_another_run_drew_and_said_is_made_again(
    cascade: tuple[Path, dict[str, Any]],
    three_folds: Path,
    cascade_recipes: list[AnyRecipe],
    tmp_path: Path,
) -> None:
    out, record = cascade
    copy = tmp_path / "out"
    shutil.copytree(out, copy)
    (copy / "outlines" / "tiny" / "fold0" / "run.sha256").write_text("of another")
    for mask in (copy / "outlines" / "tiny" / "fold0").rglob("*.png"):
        mask.write_bytes(b"broken")
    answers = copy / "answers" / "forest" / "fold1-drawn.json"
    answers.write_text(json.dumps(json.loads(answers.read_text()) | {"run": "x", "odds": {}}))
    again = crossval(cascade_recipes, three_folds, copy, resume=True)
    assert again["segmentation"] == record["segmentation"]
    assert again["classification"] == record["classification"]


def _only_finished(recipe: AnyRecipe, three_folds: Path, out: Path, *rest: object) -> None:
    assert json.loads((out / "run.json").read_text("utf-8"))["finished"]


def test_shuffled_labels_are_not_learned(three_folds: Path, tmp_path: Path) -> None:
    rows = read_manifest(three_folds)
    labels = [row.labels["malignancy"] for row in rows]
    drawn = np.random.default_rng(4).permutation(labels).tolist()
    for row, label in zip(rows, drawn, strict=True):
        row.labels["malignancy"] = label
    folder = tmp_path / "shuffled"
    folder.mkdir()
    for name in ("images", "masks"):
        (folder / name).symlink_to(three_folds / name)
    write_manifest(folder, rows)
    record = crossval([small_forest()], folder, tmp_path / "out")
    auc = record["classification"]["forest"]["drawn"]["auc"]
    assert auc["low"] < 0.5 < auc["high"] + 0.1


def test_recipes_must_go_together(three_folds: Path, tmp_path: Path, phantoms: Path) -> None:
    with pytest.raises(BadData, match="two recipes of this name"):
        crossval([small_forest(), small_forest()], three_folds, tmp_path / "out")
    second = small_forest().model_copy(update={"name": "second"})
    with pytest.raises(BadData, match="not two of a kind"):
        crossval([small_forest(), second], three_folds, tmp_path / "out")
    with pytest.raises(BadData, match="inner folds need 3"):
        crossval([small_forest()], phantoms, tmp_path / "out")
    assert not (tmp_path / "out").exists()
