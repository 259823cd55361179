from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nodulens.analysis.judge import stacked
from nodulens.data.manifest import read_manifest
from nodulens.runtime.bundle import Stack
from nodulens.runtime.odds import probability_of
from nodulens.training.cascade import Cascade
from nodulens.training.judgement import write_judgement
from nodulens.training.recipe import AnyRecipe

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
    work = Cascade(list(cascade_recipes), three_folds, copy, nested=False)
    swapped = {"benign": "suspicious", "suspicious": "benign"}
    for row in work.rows:
        if row.fold == 0:
            row.labels["malignancy"] = swapped[row.labels["malignancy"]]
    write_judgement(work, lambda _: None)
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
