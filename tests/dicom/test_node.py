from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ComprehensiveSRStorage, SegmentationStorage

from nodulens.dicom import node as module
from nodulens.dicom.discretion import LOG
from nodulens.dicom.node import Plan, run
from nodulens.dicom.queue import Patience, Queue
from nodulens.dicom.receive import Peer
from nodulens.dicom.send import Forward
from nodulens.errors import NodulensError
from nodulens.frames.dicom import quiet
from nodulens.report.batch import Settings
from tests.dicom.kills import run_studies
from tests.dicom.pacs import QUIET, Archive, free_port, store, wait_for
from tests.dicom.running import Node
from tests.dicom.ultrasound import save, ultrasound
from tests.pictures import scan

pytestmark = QUIET

HAS_ORTHANC = any(shutil.which("Orthanc", path=path) for path in (None, "/usr/sbin"))
PIXELS = scan((120, 90, 60, 30))
KILL = "import os, signal\ndef kill(*_, **__): os.kill(os.getpid(), signal.SIGKILL)\n"


@pytest.fixture
def archive() -> Iterator[Archive]:
    with Archive() as archive:
        yield archive


@pytest.fixture
def models(bundle_store: Path) -> Sequence[str | Path]:
    return [
        "--segmenter", "bright-blobs", "--classifier", "mean-brightness", "--store", bundle_store,
    ]  # fmt: skip


@pytest.fixture
def started(tmp_path: Path, bundle_store: Path) -> Iterator[Callable[..., Queue]]:
    """Run a node in this process until the test ends; return the other end of its queue."""
    stop = threading.Event()
    threads: list[threading.Thread] = []
    queues: list[Queue] = []

    def start(archive: Archive, **plan: object) -> Queue:
        settings = Settings("bright-blobs", "mean-brightness", store=bundle_store)
        patience = Patience(first=0.05, longest=0.1, attempts=3)
        whole = Plan(
            **{
                "archive": Forward.parse(archive.address, "NODULENS"),
                "settings": settings,
                "patience": patience,
                **plan,
            }
        )
        threads.append(threading.Thread(target=run, args=(tmp_path / "state", whole, stop)))
        threads[-1].start()
        queues.append(Queue(tmp_path / "state", patience))
        return queues[-1]

    yield start
    stop.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    for queue in queues:
        queue.close()


def results(archive: Archive, study: str) -> list[str]:
    """Return the kinds of the different objects of a study that arrived."""
    arrived = {
        dataset.SOPInstanceUID: dataset.SOPClassUID
        for dataset in archive.received
        if dataset.StudyInstanceUID == study
    }
    return sorted(arrived.values())


BOTH = sorted([SegmentationStorage, ComprehensiveSRStorage])


def send(node: Node, dataset: Dataset) -> None:
    """Send until it is answered with success, as an archive's job does."""
    wait_for(lambda: store(node.port, [dataset]) == [0x0000], 60)


def empty(state: Path) -> bool:
    """Whether nothing of any object is left."""
    return not any((state / "incoming").iterdir()) and not any((state / "work").iterdir())


def test_a_kill_at_any_point_loses_nothing_and_doubles_nothing(
    archive: Archive, models: Sequence[str | Path], tmp_path: Path
) -> None:
    node = Node(tmp_path / "state", archive.address, models)
    dataset = ultrasound(PIXELS)
    change = KILL + "import nodulens.dicom.queue as q\nmove, add = q.Queue.move, q.Queue.add\n"
    moved = "q.Queue.move = lambda self, job, to: kill() if to == {!r} else move(self, job, to)"
    arriving = {
        "the file is there, but not its row": "q.flush = kill",
        "its row is there, but nothing was answered": (
            "q.Queue.add = lambda *given: add(*given) and kill()"
        ),
    }
    for what, patch in arriving.items():
        node.start(change + patch)
        assert store(node.port, [dataset]) == [None], what
        assert node.wait() == -signal.SIGKILL
    assert node.counts().received == 1
    going_on = {
        "it was analyzed, which is not written down": moved.format("analyzed"),
        "its results were sent, which is not written down": moved.format("sent"),
        "its files are deleted, which is not written down": moved.format("done"),
    }
    for what, patch in going_on.items():
        node.start(change + patch, wait=False)
        assert node.wait() == -signal.SIGKILL, what
        assert node.counts().done == 0
    node.start()
    send(node, dataset)
    node.wait_until_done(1)
    assert node.stop() == 0
    assert results(archive, dataset.StudyInstanceUID) == BOTH
    assert node.counts().received == 1
    assert empty(node.state)
    # What was sent a second time, after the second kill of these, is the same.
    for same in archive.instances().values():
        assert all(each == same[0] for each in same)


@pytest.mark.skipif(HAS_ORTHANC, reason="Orthanc is installed and takes this archive's part")
def test_random_kills_lose_nothing_and_double_nothing(
    archive: Archive, models: Sequence[str | Path], tmp_path: Path
) -> None:
    generator = random.Random(0)
    node = Node(tmp_path / "state", archive.address, models)
    studies = [ultrasound(scan((120, 90, 60, 30), seed=seed)) for seed in range(8)]
    node.start()
    scanner = threading.Thread(target=lambda: [send(node, study) for study in studies])
    scanner.start()
    for _ in range(4):
        time.sleep(generator.uniform(0.0, 1.0))
        node.kill()
        node.start()
    scanner.join(120)
    node.wait_until_done(8)
    assert node.stop() == 0
    for study in studies:
        assert results(archive, study.StudyInstanceUID) == BOTH
    counts = node.counts()
    assert (counts.received, counts.done, counts.dead) == (8, 8, 0)
    assert empty(node.state)


def test_orthanc_gets_each_result_once_while_the_node_is_killed(
    models: Sequence[str | Path], tmp_path: Path
) -> None:
    studies = [ultrasound(scan((120, 90, 60, 30), seed=seed)) for seed in range(8)]
    outcome = run_studies(tmp_path, studies, models, kills=4)
    assert outcome.kills == 4
    assert outcome.results == {(1, 1): 8}
    assert outcome.counts is not None
    assert (outcome.counts.done, outcome.counts.waiting, outcome.counts.dead) == (8, 0, 0)


def test_nothing_of_a_patient_is_told(
    archive: Archive, models: Sequence[str | Path], tmp_path: Path
) -> None:
    """Terminal, log and queue, over successes, failures and refusals."""
    marked = {
        "PatientName": "MARKED^NAME", "PatientID": "MARKEDID", "PatientBirthDate": "18880808",
        "AccessionNumber": "MARKEDACC", "ReferringPhysicianName": "MARKED^DOCTOR",
        "StudyDescription": "MARKED words", "StudyDate": "18990909",
    }  # fmt: skip
    good, damaged, odd = (ultrasound(PIXELS, **marked) for _ in range(3))
    damaged.PixelData = damaged.PixelData[:1000]
    with quiet():
        odd.StudyTime = "MARKEDTIME"
    changed = ultrasound(PIXELS, **marked, SOPInstanceUID=good.SOPInstanceUID)
    folder = tmp_path / "in"
    save(folder / "MARKED.dcm", ultrasound(PIXELS, **marked))
    node = Node(
        tmp_path / "state", archive.address, models, "--watch", folder,
        "--log", tmp_path / "node.log", "--keep",
    )  # fmt: skip
    node.start()
    assert store(node.port, [good, damaged, odd, changed]) == [0, 0, 0, 0x0111]
    # Not agreed upon, so that it ends the association.
    assert store(node.port, [good], calling="MARKED") == [None]
    wait_for(lambda: node.counts().waiting == 0 and node.counts().received == 4)
    with sqlite3.connect(node.state / "queue.sqlite") as base:
        base.row_factory = sqlite3.Row
        rows = [dict(row) for row in base.execute("SELECT * FROM objects")]
    base.close()
    assert node.stop() == 0
    log = (tmp_path / "node.log").read_text("utf-8")
    assert "object 1: done" in log
    assert "a dead letter" in log
    assert "refused (0111)" in log
    told = log + node.output.read_text("utf-8") + str(rows)
    identifying = [
        "MARKED", "18880808", "18990909", good.SOPInstanceUID, good.StudyInstanceUID,
        good.SeriesInstanceUID, damaged.SOPInstanceUID,
    ]  # fmt: skip
    assert [word for word in identifying if word in told] == []
    # As asked, what was sent is kept: three pictures that are done beside the dead letter.
    assert len(list((node.state / "incoming").iterdir())) == 4
    assert len(list((node.state / "work").iterdir())) == 4


def test_an_archive_that_is_away_for_a_while_gets_its_results(
    started: Callable[..., Queue], tmp_path: Path
) -> None:
    archive = Archive()
    folder = tmp_path / "in"
    dataset = ultrasound(PIXELS)
    save(folder / "a.dcm", dataset)
    queue = started(archive, watch=folder, look=0.1)
    wait_for(lambda: any("no answer" in str(job.error) for job in queue.delayed()))
    # Many times longer than an object has attempts: no object is to blame.
    time.sleep(0.5)
    assert (queue.counts().waiting, queue.counts().dead) == (1, 0)
    with archive:
        wait_for(lambda: queue.counts().done == 1)
    assert results(archive, dataset.StudyInstanceUID) == BOTH
    assert len(archive.received) == 2


def test_what_is_refused_becomes_a_dead_letter_and_may_be_revived(
    started: Callable[..., Queue], archive: Archive, tmp_path: Path
) -> None:
    tries: list[int] = []

    def refuse(dataset: Dataset) -> int:
        tries.append(1)
        return 0xA700 if dataset.Modality == "SR" else 0x0000

    archive.status = refuse
    folder = tmp_path / "in"
    dataset = ultrasound(PIXELS)
    save(folder / "a.dcm", dataset)
    queue = started(archive, watch=folder, look=0.1)
    wait_for(lambda: queue.counts().dead == 1)
    [letter] = queue.dead()
    assert (letter.state, letter.attempts) == ("analyzed", 3)
    assert letter.error == "the archive refused it (A700)"
    assert len(tries) == 6
    archive.status = 0x0000
    assert queue.revive() == 1
    wait_for(lambda: queue.counts().done == 1)
    assert results(archive, dataset.StudyInstanceUID) == BOTH


def test_what_cannot_be_analyzed_is_a_dead_letter_at_once(
    started: Callable[..., Queue], archive: Archive
) -> None:
    port = free_port()
    queue = started(archive, port=port, peers=[Peer("SCANNER")])
    damaged, good = ultrasound(PIXELS), ultrasound(PIXELS)
    damaged.PixelData = damaged.PixelData[:1000]
    wait_for(lambda: store(port, [damaged, good]) == [0, 0])
    wait_for(lambda: queue.counts().waiting == 0)
    [letter] = queue.dead()
    assert (letter.number, letter.state, letter.attempts) == (1, "received", 1)
    assert "damaged or incomplete" in str(letter.error)
    assert queue.incoming(letter).exists()
    assert results(archive, good.StudyInstanceUID) == BOTH


def test_pictures_of_a_study_go_together(
    started: Callable[..., Queue], archive: Archive, tmp_path: Path
) -> None:
    study = ultrasound(PIXELS).StudyInstanceUID
    folder = tmp_path / "in"
    for number in range(3):
        save(folder / f"{number}.dcm", ultrasound(PIXELS, StudyInstanceUID=study))
    # Until all three wait.
    with archive.away():
        queue = started(
            archive, watch=folder, look=0.1, patience=Patience(first=0.5, longest=0.5), workers=2
        )
        wait_for(lambda: queue.states()["analyzed"] == 3)
    wait_for(lambda: queue.counts().done == 3)
    assert len(archive.received) == 6
    assert archive.associations == 1


def test_results_that_are_gone_are_made_again(
    started: Callable[..., Queue], archive: Archive, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    save(folder / "a.dcm", ultrasound(PIXELS))
    with archive.away():
        queue = started(archive, watch=folder, look=0.1)
        wait_for(lambda: queue.states()["analyzed"] == 1)
        for path in (tmp_path / "state" / "work").rglob("*.sr.dcm"):
            path.unlink()
    wait_for(lambda: queue.counts().done == 1)
    assert len(archive.received) == 2


def test_a_step_that_fails_is_gone_on_with(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop = threading.Event()
    times: list[int] = []

    def step() -> bool:
        times.append(1)
        if len(times) < 3:
            raise ValueError("Doe")
        stop.set()
        return True

    monkeypatch.setattr(module, "_TROUBLE", Patience(first=0.0))
    with caplog.at_level("ERROR", LOG.name):
        loop = module._Loop(step, 0.0, stop)
        loop.start()
        loop.join(10)
    assert len(times) == 3
    assert len(caplog.records) == 2
    assert "Doe" not in caplog.text


def test_what_is_at_hand_is_finished_or_left(
    archive: Archive, bundle_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An analysis that takes too long for the end is no failure of its object."""
    from tests.bundles import segmenter_bundle

    segmenter_bundle(tmp_path / "store" / "slow", "slow", blurs=1500)
    monkeypatch.setattr(module, "GRACE", 0.3)
    folder = tmp_path / "in"
    save(folder / "a.dcm", ultrasound(PIXELS))
    stop = threading.Event()
    plan = Plan(
        archive=Forward.parse(archive.address, "NODULENS"),
        watch=folder,
        look=0.05,
        settings=Settings("slow", None, store=tmp_path / "store"),
    )
    thread = threading.Thread(target=run, args=(tmp_path / "state", plan, stop))
    thread.start()
    queue = Queue(tmp_path / "state")
    wait_for(lambda: (tmp_path / "state" / "work" / "1").exists())
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
    job = queue.next("received")
    queue.close()
    assert job is not None
    assert (job.attempts, job.error) == (0, None)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({}, "nothing to take in"),
        ({"port": 104}, "nobody may send"),
        ({"title": "A\\B"}, "no AE title"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(plan: dict[str, Any], message: str) -> None:
    with pytest.raises(NodulensError, match=message):
        Plan(Forward("PACS", "127.0.0.1", 104, "NODULENS"), **plan)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    plan = Plan(Forward("PACS", "127.0.0.1", 104, "NODULENS"), watch=tmp_path / "nowhere")
    with pytest.raises(NodulensError, match="no such folder"):
        run(tmp_path / "state", plan, threading.Event())
