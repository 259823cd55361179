from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nodulens.data.manifest import read_manifest, write_manifest
from nodulens.errors import BadData
from nodulens.training.crossval import crossval
from nodulens.training.recipe import AnyRecipe
from tests.training.conftest import small_forest

pytestmark = pytest.mark.train


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
