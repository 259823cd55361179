from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.train


def steps(path: Path) -> list[int]:
    return [json.loads(line)["step"] for line in path.read_text().splitlines()]


def test_appends_a_line_for_each_step(tmp_path: Path) -> None:
    from nodulens.training.jsonl import JsonlLogger

    logger = JsonlLogger(tmp_path / "metrics.jsonl", None)
    for step in (1, 2, 3):
        logger.log_metrics({"loss": 1 / step}, step)
    assert steps(tmp_path / "metrics.jsonl") == [1, 2, 3]


def test_a_resume_drops_what_will_be_written_again_and_what_a_kill_cut_off(tmp_path: Path) -> None:
    from nodulens.training.jsonl import JsonlLogger

    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 1}\n{"step": 2}\n{"step": 5}\n{"st')
    JsonlLogger(path, 3)
    assert steps(path) == [1, 2]


def test_a_fresh_start_empties_the_file(tmp_path: Path) -> None:
    from nodulens.training.jsonl import JsonlLogger

    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 1}\n')
    JsonlLogger(path, None)
    assert path.read_text() == ""
