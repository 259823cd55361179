from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest

from nodulens.dicom.work import Problem, Worker, results_of
from nodulens.errors import NodulensError
from nodulens.report.batch import Settings
from tests.dicom.ultrasound import save, ultrasound
from tests.pictures import scan

NODULE = (120, 90, 60, 30)


@pytest.fixture(scope="module")
def worker(bundle_store: Path) -> Iterator[Worker]:
    worker = Worker(Settings("bright-blobs", "mean-brightness", store=bundle_store))
    worker.start()
    yield worker
    worker.stop()


def kinds(paths: list[Path] | None) -> list[str]:
    assert paths is not None
    return sorted(pydicom.dcmread(path).Modality for path in paths)


def test_a_picture_becomes_a_segmentation_and_a_report(worker: Worker, tmp_path: Path) -> None:
    source = save(tmp_path / "a.dcm", ultrasound(scan(NODULE)))
    assert worker.analyze(source, tmp_path / "out") is None
    assert kinds(results_of(tmp_path / "out")) == ["SEG", "SR"]


def test_a_picture_without_a_nodule_has_a_report(worker: Worker, tmp_path: Path) -> None:
    source = save(tmp_path / "a.dcm", ultrasound(scan()))
    assert worker.analyze(source, tmp_path / "out") is None
    assert kinds(results_of(tmp_path / "out")) == ["SR"]


def test_a_cine_has_results_of_its_key_frames(worker: Worker, tmp_path: Path) -> None:
    frames = np.stack([scan(), scan(NODULE), scan()])
    source = save(tmp_path / "a.dcm", ultrasound(frames))
    assert worker.analyze(source, tmp_path / "out") is None
    results = results_of(tmp_path / "out")
    assert kinds(results) == ["SEG", "SR"]
    assert results is not None
    assert all("frame-0002" in path.name for path in results)


def test_done_again_the_results_have_the_same_uids(worker: Worker, tmp_path: Path) -> None:
    source = save(tmp_path / "a.dcm", ultrasound(scan(NODULE)))
    uids = []
    for _ in range(2):
        (tmp_path / "out" / "left").mkdir(parents=True, exist_ok=True)
        assert worker.analyze(source, tmp_path / "out") is None
        assert not (tmp_path / "out" / "left").exists()
        results = results_of(tmp_path / "out")
        assert results is not None
        uids.append([pydicom.dcmread(path).SOPInstanceUID for path in results])
    assert uids[0] == uids[1]


def test_a_folder_that_is_not_whole_is_known(worker: Worker, tmp_path: Path) -> None:
    source = save(tmp_path / "a.dcm", ultrasound(scan(NODULE)))
    assert results_of(tmp_path / "out") is None
    worker.analyze(source, tmp_path / "out")
    results = results_of(tmp_path / "out")
    assert results is not None
    results[0].unlink()
    assert results_of(tmp_path / "out") is None


def test_what_cannot_be_read_is_a_problem_for_good(worker: Worker, tmp_path: Path) -> None:
    whole = save(tmp_path / "a.dcm", ultrasound(scan(NODULE), PatientName="Doe^Jane"))
    damaged = tmp_path / "b.dcm"
    damaged.write_bytes(whole.read_bytes()[:-5000])
    problem = worker.analyze(damaged, tmp_path / "out")
    assert problem is not None
    assert problem.for_good
    assert "damaged or incomplete" in problem.text
    assert "Doe" not in problem.text
    assert results_of(tmp_path / "out") is None


def test_any_other_trouble_may_pass(worker: Worker, tmp_path: Path) -> None:
    source = save(tmp_path / "a.dcm", ultrasound(scan(NODULE)))
    (tmp_path / "file").write_text("")
    problem = worker.analyze(source, tmp_path / "file" / "out")
    assert problem == Problem("Not a directory", for_good=False)


def test_the_process_may_end_and_is_started_again(worker: Worker, tmp_path: Path) -> None:
    source = save(tmp_path / "a.dcm", ultrasound(scan(NODULE)))
    os.kill(process_of(worker), signal.SIGKILL)
    problem = worker.analyze(source, tmp_path / "out")
    assert problem is not None
    assert not problem.for_good
    assert worker.analyze(source, tmp_path / "out") is None


def test_an_analysis_that_hangs_is_ended(worker: Worker, tmp_path: Path) -> None:
    worker.analyze(tmp_path / "nothing", tmp_path / "out")  # it runs
    os.kill(process_of(worker), signal.SIGSTOP)
    problem = worker.analyze(tmp_path / "a.dcm", tmp_path / "out", timeout=0.2)
    assert problem == Problem("its analysis took more than 0.2 seconds", for_good=False)


def test_it_can_be_ended_from_outside(worker: Worker, tmp_path: Path) -> None:
    worker.analyze(tmp_path / "nothing", tmp_path / "out")
    os.kill(process_of(worker), signal.SIGSTOP)
    threading.Timer(0.3, worker.kill).start()
    begin = time.monotonic()
    problem = worker.analyze(tmp_path / "a.dcm", tmp_path / "out", timeout=60)
    assert problem is not None
    assert time.monotonic() - begin < 20
    worker.kill()  # again is harmless


def test_a_model_that_is_not_there_is_said(bundle_store: Path) -> None:
    worker = Worker(Settings("brigth-blobs", store=bundle_store))
    with pytest.raises(NodulensError, match="did you mean bright-blobs"):
        worker.start()


def process_of(worker: Worker) -> int:
    assert worker._process is not None
    assert worker._process.pid is not None
    return worker._process.pid
