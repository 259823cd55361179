from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from nodulens.errors import BadData
from nodulens.training.run import load_run

pytestmark = pytest.mark.train


def test_a_run_knows_its_recipe_and_fold(runs: list[Path]) -> None:
    run = load_run(runs[1])
    assert run.fold == 1
    assert run.recipe.name == "tiny"
    assert run.size == (64, 96)
    assert run.threshold == 0.5


def test_the_threshold_of_a_classifier_is_the_share_of_its_positive_label(
    classifier_runs: list[Path],
) -> None:
    run = load_run(classifier_runs[0])
    counts = run.record["label_counts"]
    assert run.threshold == counts["suspicious"] / (counts["benign"] + counts["suspicious"])


def test_an_unfinished_run_is_refused(tmp_path: Path, runs: list[Path]) -> None:
    shutil.copytree(runs[0], tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    record["finished"] = False
    (tmp_path / "run" / "run.json").write_text(json.dumps(record))
    with pytest.raises(BadData, match="has not finished"):
        load_run(tmp_path / "run")
    with pytest.raises(BadData, match="folder of a run"):
        load_run(tmp_path)
