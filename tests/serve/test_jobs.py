from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nodulens.finding import Finding
from nodulens.serve.jobs import Runner, models_of
from nodulens.serve.models import Asked
from nodulens.serve.store import Store
from nodulens.serve.worker import WorkerEnded
from tests.serve.place import settings_for
from tests.serve.test_store import new_image

ASKED = Asked(segmenter="bright-blobs", classifier="none")


class Scripted:
    """A worker that does what a test wants."""

    def __init__(self, act: Callable[[str], list[str]]) -> None:
        self.act = act
        self.told: Any = None
        self.shown: list[str] = []
        self.killed = 0

    def call(self, task: str, *args: Any, seconds: float, told: Any = None) -> Any:
        assert task == "analyze"
        self.told = told
        self.shown.append(args[2])
        return self.act(args[2])

    def kill(self) -> None:
        self.killed += 1

    def close(self) -> None: ...


def fine(shown: str) -> list[str]:
    return [Finding(source=shown).to_json_line()]


def made(tmp_path: Path, act: Callable[[str], list[str]]) -> tuple[Store, Runner, Scripted, str]:
    store = Store(tmp_path / "data")
    study = store.add_study("", [new_image(store, "a"), new_image(store, "b")], ASKED)
    worker = Scripted(act)
    runner = Runner(settings_for(tmp_path, tmp_path), store, worker)
    return store, runner, worker, store.study(study).analyses[0].id


def test_one_broken_image_does_not_cost_the_others(tmp_path: Path) -> None:
    def act(shown: str) -> list[str]:
        if shown == "a":
            raise WorkerEnded("the process ended; try a smaller file")
        return fine(shown)

    store, runner, _, analysis = made(tmp_path, act)
    runner.run(analysis)
    assert store.analysis(analysis).state == "done"
    errors = [Finding.from_json_line(line).error for _, _, line in store.findings(analysis)]
    assert errors == ["a: the process ended; try a smaller file", None]


def test_an_analysis_of_which_nothing_came_has_failed(tmp_path: Path) -> None:
    def act(shown: str) -> list[str]:
        raise WorkerEnded("the process ended; try a smaller file")

    store, runner, _, analysis = made(tmp_path, act)
    runner.run(analysis)
    found = store.analysis(analysis)
    assert found.state == "failed"
    assert "try a smaller file" in str(found.error)


def test_what_was_done_before_a_kill_is_not_done_again(tmp_path: Path) -> None:
    store, runner, worker, analysis = made(tmp_path, fine)
    image = store.images(store.analysis(analysis).study)[0].id
    store.move(analysis, ["queued"], "running")
    store.add_findings(analysis, image, [(0, fine("a")[0])])
    store.recover()
    runner.run(analysis)
    assert worker.shown == ["b"]
    assert store.analysis(analysis).frames_done == 2


def test_frames_in_work_are_counted(tmp_path: Path) -> None:
    store, runner, worker, analysis = made(tmp_path, fine)
    seen: list[int] = []

    def act(shown: str) -> list[str]:
        worker.told(1)
        seen.append(runner.watched(analysis).frames_done)
        return fine(shown)

    worker.act = act
    runner.run(analysis)
    assert seen == [1, 2]
    assert runner.watched(analysis).frames_done == 2
    assert store.analysis(analysis).state == "done"


def test_a_cancelled_analysis_stops_at_once(tmp_path: Path) -> None:
    store, runner, worker, analysis = made(tmp_path, fine)

    def act(shown: str) -> list[str]:
        assert runner.cancel(analysis)
        raise WorkerEnded("killed; try again")

    worker.act = act
    runner.run(analysis)
    assert worker.killed == 1
    assert worker.shown == ["a"]
    assert store.analysis(analysis).state == "cancelled"
    assert store.findings(analysis) == []
    assert not runner.cancel(analysis)


def test_the_queue_goes_on_after_a_fault(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    over = threading.Event()

    def act(shown: str) -> list[str]:
        if shown == "a":
            return ["no finding"]
        over.set()
        return fine(shown)

    store, runner, _, first = made(tmp_path, act)
    study = store.add_study("", [new_image(store, "c")], ASKED)
    runner.start()
    runner.wake()
    assert over.wait(10)
    runner.close()
    assert store.analysis(first).state == "failed"
    assert "unexpected" in str(store.analysis(first).error)
    assert store.study(study).analyses[0].state in ("done", "running")


def test_models_have_settled_names(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, tmp_path)
    models = models_of(ASKED.model_copy(update={"mm_per_px": 0.1}), settings)
    assert (models.segmenter, models.classifier, models.mm_per_px) == ("bright-blobs", None, 0.1)
