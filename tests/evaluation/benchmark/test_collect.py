from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nodulens.errors import BadData
from nodulens.evaluation.benchmark.collect import Result, read_result, read_runs, training_cost


def run(folder: Path, starts: int, **fields: Any) -> Path:
    (folder / "tensorboard").mkdir(parents=True)
    for number in range(starts):
        (folder / "tensorboard" / f"events.out.{number}").touch()
    record = {"finished": True, "seconds_since_start_or_resume": 60.0} | fields
    (folder / "run.json").write_text(json.dumps(record))
    return folder


def test_numbers_leave_empty_cells_out(outline: Callable[..., Result]) -> None:
    result = outline("a", 3)
    assert len(result.images) == 8
    assert len(result.numbers("dice")) == 8
    assert [*result.numbers("long_axis_true_mm")] == [f"image_{n}" for n in (1, 3, 5, 7)]


def test_what_is_no_evaluation(outline: Callable[..., Result], tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"no metrics\.json and per_image\.csv"):
        read_result("x", tmp_path / "nowhere", "segmentation")
    figures = outline("a", 3).figures
    with pytest.raises(BadData, match=r"is of a segmentation.*\[\[classification\]\]"):
        read_result("a", figures, "classification")
    table = figures / "per_image.csv"
    text = table.read_text("utf-8")
    lines = text.splitlines()
    for wrong, message in (
        (text.replace("dice,", "size,", 1), "lacks dice"),
        ("\n".join([*lines, lines[-1]]), "more than once"),
        ("\n".join(lines[:-1]), "not of the same images"),
    ):
        table.write_text(wrong, "utf-8")
        with pytest.raises(BadData, match=message):
            read_result("a", figures, "segmentation")
    metrics = json.loads((figures / "metrics.json").read_text("utf-8"))
    (figures / "metrics.json").write_text(json.dumps(metrics | {"schema_version": "2.0"}))
    with pytest.raises(BadData, match=r"version 2\.0 is not 1\.1"):
        read_result("a", figures, "segmentation")


def test_times_of_runs_add_up(tmp_path: Path) -> None:
    counts = {"trainable": 5, "frozen": 7, "full_fine_tuning": 12}
    once = run(tmp_path / "a", 1, parameters=counts)
    twice = run(tmp_path / "b", 2, parameters=counts)
    cost = training_cost([once, once], read_runs([once, once]))
    assert (cost.trainable, cost.frozen, cost.training_seconds) == (5, 7, 120)
    assert not cost.training_at_least
    assert training_cost([once, twice], read_runs([once, twice])).training_at_least


def test_what_runs_do_not_say_is_not_known(tmp_path: Path) -> None:
    old = run(tmp_path / "old", 0, parameters=12, seconds_since_start_or_resume=None)
    cost = training_cost([old], read_runs([old]))
    assert (cost.trainable, cost.frozen, cost.training_seconds) == (None, None, None)
    assert training_cost([], []).training_seconds is None
    with pytest.raises(BadData, match="no finished run"):
        read_runs([tmp_path])
    with pytest.raises(BadData, match="has not finished"):
        read_runs([run(tmp_path / "new", 1, finished=False)])
