from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from nodulens import database
from nodulens.dicom import queue as module
from nodulens.dicom.intake import Identity
from nodulens.dicom.queue import Job, OtherContent, Patience, Queue
from nodulens.errors import NodulensError

NOW = Patience(first=0.0, longest=0.0, attempts=3)


def who(number: int = 1, study: int = 1) -> Identity:
    return Identity("1.2", f"1.2.3.{number}", f"1.2.9.{study}")


def take(queue: Queue, *numbers: int, study: int = 1) -> list[Job]:
    """Take objects in and return them as jobs."""
    busy: list[int] = []
    for number in numbers:
        assert queue.add(who(number, study), b"head", b"data %d" % number)
    jobs = []
    while (job := queue.next("received", busy)) is not None:
        jobs.append(job)
        busy.append(job.number)
    return jobs


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with contextlib.closing(Queue(tmp_path / "state", NOW)) as queue:
        yield queue


def again(queue: Queue) -> Queue:
    """Open the folder anew, as after a kill."""
    queue.close()
    return Queue(queue.folder, queue.patience)


def test_an_object_is_on_the_disk_when_it_is_taken_in(queue: Queue) -> None:
    [job] = take(queue, 1)
    queue = again(queue)
    assert queue.next("received") == job
    assert queue.incoming(job).read_bytes() == b"headdata 1"


def test_it_is_flushed_before_its_row_is_written(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    flush = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (order.append("flushed"), flush(handle)))
    queue._base.set_trace_callback(lambda text: order.append(text.partition(" ")[0]))
    take(queue, 1)
    assert order[:4] == ["SELECT", "flushed", "flushed", "INSERT"]
    [[synchronous]] = queue._base.execute("PRAGMA synchronous").fetchall()
    assert synchronous == 2  # FULL


def test_the_folder_is_its_owners_alone(queue: Queue) -> None:
    assert stat.S_IMODE(queue.folder.stat().st_mode) == 0o700


def test_the_same_again_is_not_kept(queue: Queue) -> None:
    [job] = take(queue, 1)
    assert not queue.add(who(), b"other head", b"data 1")
    queue.move(job, "sent")
    queue.finish(job)
    assert not again(queue).add(who(), b"head", b"data 1")
    assert list((queue.folder / "incoming").iterdir()) == []


def test_other_content_under_the_same_uid_is_refused(queue: Queue) -> None:
    [job] = take(queue, 1)
    with pytest.raises(OtherContent):
        queue.add(who(), b"head", b"other")
    assert queue.incoming(job).read_bytes() == b"headdata 1"
    queue.move(job, "analyzed")
    queue.fail(job, "refused", for_good=True)
    # Some of its results may have been stored, under the UIDs that these would have.
    with pytest.raises(OtherContent):
        queue.add(who(), b"head", b"other")


def test_what_could_not_be_analyzed_is_replaced(queue: Queue) -> None:
    [job] = take(queue, 1)
    queue.fail(job, "damaged", for_good=True)
    assert queue.add(who(), b"head", b"whole")
    replaced = queue.next("received")
    assert replaced is not None
    assert (replaced.number, replaced.attempts, replaced.error) == (1, 0, None)
    assert queue.incoming(replaced).read_bytes() == b"headwhole"
    assert not queue.incoming(job).exists()


def test_uids_stand_nowhere(queue: Queue) -> None:
    take(queue, 1)
    queue.see(Path("/in/Doe.dcm"), 1, 2, None)
    queue.close()
    for path in queue.folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert b"1.2.3.1" not in content + path.name.encode()
        assert b"Doe" not in content


def test_a_full_disk_is_said_and_leaves_nothing(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = SimpleNamespace(free=module.RESERVE + 9)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: free)
    with pytest.raises(OSError) as caught:
        queue.add(who(), b"head", b"data 1")
    assert caught.value.errno == errno.ENOSPC
    free.free += 1
    assert queue.add(who(), b"head", b"data 1")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError):
        queue.add(who(2), b"head", b"data 2")
    assert len(list((queue.folder / "incoming").iterdir())) == 1
    assert queue.counts().received == 1


def test_a_full_database_is_a_full_disk(queue: Queue) -> None:
    queue._base.execute("PRAGMA max_page_count = 1")

    def fill() -> None:
        for number in range(200):
            queue.add(who(number), b"head", b"data %d" % number)

    with pytest.raises(OSError) as caught:
        fill()
    assert caught.value.errno == errno.ENOSPC


def test_objects_come_in_their_order_and_not_while_they_are_busy(queue: Queue) -> None:
    assert [job.number for job in take(queue, 1, 2, 3)] == [1, 2, 3]
    assert queue.next("analyzed") is None


def test_a_failure_waits_longer_each_time(tmp_path: Path) -> None:
    patience = Patience(first=10, longest=35, attempts=3)
    for attempt, longest in ((1, 10), (2, 20), (3, 35), (2000, 35)):
        pauses = [patience.pause(attempt) for _ in range(200)]
        assert longest / 2 <= min(pauses) < longest * 0.6
        assert longest * 0.9 < max(pauses) <= longest
    queue = Queue(tmp_path / "state", patience)
    [job] = take(queue, 1)
    assert not queue.fail(job, "once")
    assert queue.next("received") is None
    [delayed] = queue.delayed()
    assert (delayed.attempts, delayed.error) == (1, "once")


def test_a_wrong_clock_keeps_nothing_waiting(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "state", Patience(first=10, longest=10))
    [job] = take(queue, 1)
    queue._base.execute("UPDATE objects SET due = 9e9")
    assert queue.next("received") == job


def test_after_the_last_attempt_it_is_a_dead_letter(queue: Queue) -> None:
    [job] = take(queue, 1)
    for attempt in range(1, 4):
        assert queue.fail(job, f"attempt {attempt}") == (attempt == 3)
        [job] = queue.delayed() or queue.dead()
    assert (job.attempts, job.error) == (3, "attempt 3")
    assert queue.next("received") is None
    assert queue.counts().dead == 1


def test_what_is_no_use_is_a_dead_letter_at_once(queue: Queue) -> None:
    [job] = take(queue, 1)
    assert queue.fail(job, "no picture", for_good=True)
    assert [letter.error for letter in again(queue).dead()] == ["no picture"]


def test_dead_letters_get_a_new_chance_in_their_state(queue: Queue) -> None:
    first, second = take(queue, 1, 2)
    queue.fail(first, "no picture", for_good=True)
    queue.move(second, "analyzed")
    queue.fail(second, "refused", for_good=True)
    assert queue.revive() == 2
    for job in (queue.next("received"), queue.next("analyzed")):
        assert job is not None
        assert (job.attempts, job.error) == (0, None)


def test_a_step_forward_forgets_failures(queue: Queue) -> None:
    [job] = take(queue, 1)
    queue.fail(job, "once")
    queue.move(job, "analyzed")
    moved = queue.next("analyzed")
    assert moved is not None
    assert (moved.attempts, moved.error) == (0, None)


def test_results_of_a_study_come_together(queue: Queue) -> None:
    jobs = take(queue, 1, 2) + take(queue, 3, study=2)[2:] + take(queue, 4)[3:]
    for job in jobs[:3]:
        queue.move(job, "analyzed")
    assert [job.number for job in queue.analyzed_of(jobs[0].study)] == [1, 2]
    assert [job.number for job in queue.analyzed_of(jobs[2].study)] == [3]


def test_a_note_is_no_failure(queue: Queue) -> None:
    [job] = take(queue, 1)
    queue.move(job, "analyzed")
    queue.note("no answer")
    noted = queue.next("analyzed")
    assert noted is not None
    assert (noted.attempts, noted.error) == (0, "no answer")


def test_done_deletes_the_files_unless_they_are_kept(queue: Queue) -> None:
    for keep, job in enumerate(take(queue, 1, 2)):
        queue.work(job).mkdir()
        queue.finish(job, keep=bool(keep))
        assert queue.work(job).exists() == queue.incoming(job).exists() == bool(keep)
    assert queue.counts().done == 2
    queue.recover()
    assert queue.incoming(job).exists()


def test_what_a_kill_left_is_cleared_away(queue: Queue) -> None:
    received, analyzed = take(queue, 1, 2)
    queue.move(analyzed, "analyzed")
    for name in ("1", "2", "3"):
        (queue.folder / "work" / name).mkdir()
    for name in (".half.part", "unknown.dcm"):
        (queue.folder / "incoming" / name).write_bytes(b"")
    queue = again(queue)
    queue.recover()
    assert {path.name for path in (queue.folder / "work").iterdir()} == {"2"}
    assert set((queue.folder / "incoming").iterdir()) == {
        queue.incoming(received), queue.incoming(analyzed),
    }  # fmt: skip


def test_one_node_a_folder(queue: Queue) -> None:
    other = Queue(queue.folder)
    with queue.alone():
        with pytest.raises(NodulensError, match="another node"), other.alone():
            raise AssertionError
        # A look at it is not kept out.
        assert other.counts().received == 0
    with other.alone():
        pass


def test_counts(queue: Queue) -> None:
    first, second, third = take(queue, 1, 2, 3)
    queue.move(first, "analyzed")
    queue.finish(second)
    queue.fail(third, "no picture", for_good=True)
    counts = queue.counts()
    assert (counts.received, counts.waiting, counts.done, counts.dead) == (3, 1, 1, 1)
    assert queue.states() == {"received": 0, "analyzed": 1, "sent": 0, "done": 1}


def test_watched_files_are_remembered(queue: Queue) -> None:
    path = Path("/in/a.dcm")
    assert queue.seen(path) is None
    queue.see(path, 10, 20, None)
    queue.see(Path("/in/b.txt"), 1, 2, "no DICOM file")
    queue.see(Path("/in/c.txt"), 1, 2, "no DICOM file")
    queue = again(queue)
    assert queue.seen(path) == (10, 20)
    assert queue.left_out() == {"no DICOM file": 2}


def test_two_that_open_it_at_once_both_may(tmp_path: Path) -> None:
    """The node makes its queue while somebody asks for its status, which opens it, too."""
    other = sqlite3.connect(tmp_path / "queue.sqlite", check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    end = threading.Timer(0.2, other.rollback)
    end.start()
    queue = Queue(tmp_path)
    end.join()
    other.close()
    assert queue._base.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    queue.close()


def test_a_folder_that_is_kept_from_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_WAIT", 0.1)
    with contextlib.closing(sqlite3.connect(tmp_path / "queue.sqlite")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(NodulensError, match=r"database is locked\); give a folder of its own"):
            Queue(tmp_path)


def test_a_folder_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NodulensError, match="cannot hold"):
        Queue(tmp_path / "file")
    Queue(tmp_path / "state").close()
    with sqlite3.connect(tmp_path / "state" / "queue.sqlite") as base:
        base.execute("PRAGMA user_version = 7")
    base.close()
    with pytest.raises(NodulensError, match="another version"):
        Queue(tmp_path / "state")
