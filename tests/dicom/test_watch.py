from __future__ import annotations

import errno
import logging
import os
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import CTImageStorage

from nodulens.dicom import watch
from nodulens.dicom.queue import Queue
from nodulens.dicom.watch import Watcher
from nodulens.errors import NodulensError
from tests.dicom.ultrasound import save, ultrasound

PIXELS = np.zeros((16, 20), np.uint8)


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    return Queue(tmp_path / "in" / "state")


@pytest.fixture
def folder(tmp_path: Path, queue: Queue) -> Path:
    """Return a folder to watch; the node's own lies in it."""
    return tmp_path / "in"


def scan(queue: Queue, folder: Path, times: int = 2) -> None:
    """Look so many times, as after a start."""
    watcher = Watcher(folder, queue)
    for _ in range(times):
        watcher.scan()


def received(queue: Queue) -> int:
    return queue.counts().received


def test_a_file_is_taken_in_as_it_is(queue: Queue, folder: Path) -> None:
    path = save(folder / "deeper" / "Doe.dcm", ultrasound(PIXELS))
    scan(queue, folder)
    job = queue.next("received")
    assert job is not None
    assert queue.incoming(job).read_bytes() == path.read_bytes()
    assert path.exists()


def test_a_file_is_taken_only_when_it_no_longer_changes(queue: Queue, folder: Path) -> None:
    whole = save(folder.parent / "a.dcm", ultrasound(PIXELS)).read_bytes()
    path = folder / "a.dcm"
    watcher = Watcher(folder, queue)
    for end in (100, 300, len(whole)):
        path.write_bytes(whole[:end])
        watcher.scan()
        assert received(queue) == 0
        assert queue.left_out() == {}
    watcher.scan()
    assert received(queue) == 1


def test_nothing_is_done_twice_over_restarts(queue: Queue, folder: Path) -> None:
    path = save(folder / "a.dcm", ultrasound(PIXELS))
    came: list[int] = []
    for _ in range(2):
        watcher = Watcher(folder, queue, received=lambda: came.append(1))
        for _ in range(3):
            watcher.scan()
    # Moved about, touched, or sent once more under another name, it is still the same.
    path.rename(folder / "b.dcm")
    os.utime(folder / "b.dcm", (1, 1))
    save(folder / "c.dcm", ultrasound(PIXELS))
    (folder / "d.dcm").write_bytes((folder / "c.dcm").read_bytes())
    scan(queue, folder)
    assert (received(queue), came) == (2, [1])
    assert queue.left_out() == {}


def test_a_kill_before_it_was_recorded_doubles_nothing(
    queue: Queue, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(folder / "a.dcm", ultrasound(PIXELS))
    with monkeypatch.context() as patch:
        patch.setattr(queue, "see", lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            scan(queue, folder)
    assert received(queue) == 1
    scan(queue, folder)
    assert received(queue) == 1


def test_what_is_not_taken_is_said_without_its_name(
    queue: Queue, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save(folder / "Doe.dcm", ultrasound(PIXELS, SOPClassUID=CTImageStorage))
    (folder / "Doe.txt").write_text("words")
    save(folder / ".hidden.dcm", ultrasound(PIXELS))
    with caplog.at_level(logging.INFO, "nodulens.node"):
        scan(queue, folder, 4)
    assert received(queue) == 0
    assert set(queue.left_out()) == {"no DICOM file", "no ultrasound picture; send ultrasound only"}
    assert len(caplog.records) == 2
    assert "Doe" not in caplog.text


def test_a_damaged_file_is_taken_once_it_is_whole(queue: Queue, folder: Path) -> None:
    whole = save(folder.parent / "a.dcm", ultrasound(PIXELS)).read_bytes()
    path = folder / "a.dcm"
    path.write_bytes(whole[:150])
    watcher = Watcher(folder, queue)
    watcher.scan()
    watcher.scan()
    assert sum(queue.left_out().values()) == 1
    path.write_bytes(whole)
    watcher.scan()
    watcher.scan()
    assert received(queue) == 1
    assert queue.left_out() == {}


def test_too_large_is_left_out(queue: Queue, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MAX_OBJECT_BYTES", 100)
    save(folder / "a.dcm", ultrasound(PIXELS))
    scan(queue, folder)
    assert queue.left_out() == {"of more than 0 MiB": 1}


def test_while_the_disk_is_full_it_waits(
    queue: Queue, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> bool:
        raise OSError(errno.ENOSPC, "No space left")

    save(folder / "Doe.dcm", ultrasound(PIXELS))
    watcher = Watcher(folder, queue)
    with monkeypatch.context() as patch, caplog.at_level(logging.INFO, "nodulens.node"):
        patch.setattr(queue, "add", full)
        for _ in range(4):
            watcher.scan()
    assert [record.getMessage() for record in caplog.records] == [
        "a watched file cannot be taken yet: No space left"
    ]
    watcher.scan()
    assert received(queue) == 1


def test_a_folder_that_is_not_there_is_refused(queue: Queue, tmp_path: Path) -> None:
    with pytest.raises(NodulensError, match="no such folder"):
        Watcher(tmp_path / "nowhere", queue)
