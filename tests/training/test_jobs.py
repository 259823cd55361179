from __future__ import annotations

import os
from pathlib import Path

import pytest

from nodulens.training.jobs import Job, run_jobs


def note(folder: Path, name: str) -> None:
    (folder / name).write_text(str(os.getpid()))


def fail() -> None:
    raise ValueError("as meant")


@pytest.mark.parametrize("workers", [1, 2])
def test_all_are_done_and_named(tmp_path: Path, workers: int) -> None:
    jobs = [Job(name, note, (tmp_path, name)) for name in ("a", "b", "c")]
    assert sorted(run_jobs(jobs, workers)) == ["a", "b", "c"]
    owners = {path.read_text() for path in tmp_path.iterdir()}
    assert len(list(tmp_path.iterdir())) == 3
    assert (str(os.getpid()) in owners) == (workers == 1)


def test_a_failure_is_raised_and_what_was_done_stays(tmp_path: Path) -> None:
    jobs = [Job("a", note, (tmp_path, "a")), Job("b", fail, ()), Job("c", note, (tmp_path, "c"))]
    with pytest.raises(ValueError, match="as meant"):
        list(run_jobs(jobs))
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_failure_in_another_process_is_raised_here(tmp_path: Path) -> None:
    jobs = [Job("a", note, (tmp_path, "a")), Job("b", fail, ())]
    with pytest.raises(ValueError, match="as meant"):
        list(run_jobs(jobs, 2))
