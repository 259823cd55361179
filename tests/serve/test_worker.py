from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nodulens.errors import NodulensError, UnreadableFile
from nodulens.serve.desk import Models
from nodulens.serve.problems import Refusal
from nodulens.serve.worker import Worker, WorkerEnded
from tests.bundles import segmenter_bundle
from tests.dicom.ultrasound import save as save_dicom
from tests.dicom.ultrasound import ultrasound
from tests.pictures import save, scan


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker(1 << 30)
    yield worker
    worker.close()


def test_a_task_is_done_in_another_process(worker: Worker, tmp_path: Path) -> None:
    looked = worker.call("look", save(tmp_path / "a.png", scan((120, 90, 50, 30))), seconds=30)
    assert (looked.width, looked.height, looked.frames, looked.dicom) == (240, 180, 1, False)
    assert worker._process.pid != os.getpid()


def test_what_a_task_raises_comes_back_as_it_is(worker: Worker, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"<svg></svg>")
    with pytest.raises(UnreadableFile, match="SVG"):
        worker.call("look", tmp_path / "a.png", seconds=30)
    path = save(tmp_path / "b.png", scan())
    with pytest.raises(Refusal) as caught:
        worker.call("frame", path, 5, seconds=30)
    assert caught.value.status == 404
    with pytest.raises(Exception, match="please report it"):
        worker.call("no_such_task", seconds=30)


def test_frames_are_told_as_they_are_done(
    worker: Worker, tmp_path: Path, bundle_store: Path
) -> None:
    save_dicom(tmp_path / "c.dcm", ultrasound(np.stack([scan((120, 90, 50, 30))] * 3)))
    told: list[int] = []
    lines = worker.call(
        "analyze", Models("bright-blobs", None, bundle_store), tmp_path / "c.dcm", "c.dcm", "c",
        tmp_path / "out", None, 1, seconds=60, told=told.append,
    )  # fmt: skip
    assert len(lines) == 3
    # The key frame is looked at once more, for its pictures.
    assert told[:3] == [1, 2, 3]


def test_what_takes_too_long_costs_the_process_and_nothing_else(tmp_path: Path) -> None:
    segmenter_bundle(tmp_path / "store" / "slow", "slow", blurs=12000)
    path = save(tmp_path / "a.png", scan((120, 90, 50, 30)))
    worker = Worker(2 << 30)
    try:
        worker.call("look", path, seconds=30)
        first = worker._process.pid
        start = time.monotonic()
        with pytest.raises(Refusal, match=r"longer than 0\.2 s") as caught:
            worker.call(
                "words", Models("slow", None, tmp_path / "store"), path, 0, "x", seconds=0.2
            )
        assert caught.value.status == 503
        assert time.monotonic() - start < 10
        worker.call("look", path, seconds=30)
        assert worker._process.pid != first
        # Killed from outside, as by the system for want of memory.
        threading.Timer(0.1, worker.kill).start()
        with pytest.raises(WorkerEnded, match="want of memory"):
            worker.call("words", Models("slow", None, tmp_path / "store"), path, 0, "x", seconds=60)
        assert worker.call("look", path, seconds=30).width == 240
    finally:
        worker.close()
    with pytest.raises(WorkerEnded, match="stopping"):
        worker.call("look", path, seconds=30)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's own data")
def test_memory_is_limited(tmp_path: Path) -> None:
    # 16 megapixels take 16 MB in a dozen places on their way to a frame.
    path = save(tmp_path / "a.png", np.zeros((4000, 4000), np.uint8))
    generous, narrow = Worker(2 << 30), Worker(300 << 20)
    try:
        assert generous.call("look", path, seconds=60).width == 4000
        with pytest.raises(NodulensError, match="memory"):
            narrow.call("look", path, seconds=60)
        small = save(tmp_path / "b.png", scan())
        assert narrow.call("look", small, seconds=30).width == 240
    finally:
        generous.close()
        narrow.close()
