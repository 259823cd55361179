from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit

from nodulens import Analyzer
from nodulens.frames import FrameFile
from nodulens.report.batch import Settings, analyze_files
from nodulens.report.cine import reported
from nodulens.report.journal import read_findings
from tests.dicom.ultrasound import save, ultrasound
from tests.pictures import scan

FRAMES = 14


def cine(path: Path, *, second_until: int = 5) -> Path:
    """A bright nodule that grows and shrinks again, and one that is there in the first frames."""
    frames = []
    for index in range(FRAMES):
        size = 30 - abs(index - 6)
        nodules = [(70.0, 90.0, float(size), 0.7 * size)]
        if index < second_until:
            nodules.append((185.0, 90.0, 24.0, 22.0))
        frames.append(scan(*nodules, seed=index))
    return save(path, ultrasound(np.stack(frames)))


@pytest.fixture(scope="module")
def results(tmp_path_factory, bundle_store) -> Path:
    folder = tmp_path_factory.mktemp("cine")
    cine(folder / "in" / "cine.dcm")
    save(folder / "in" / "still.dcm", ultrasound(scan((90, 80, 30, 20))))
    settings = Settings("bright-blobs", "mean-brightness", store=bundle_store)
    counts = analyze_files([folder / "in"], folder / "out", settings)
    assert (counts.frames, counts.errors) == (FRAMES + 1, 0)
    # Two nodules of the cine, however many frames show them, and one of the still.
    assert counts.nodules == 3
    return folder


def test_every_frame_has_a_finding_and_a_mask(results):
    findings = list(read_findings(results / "out" / "findings.jsonl"))
    frames = [one for one in findings if one.source.endswith("cine.dcm")]
    assert [one.frame for one in frames] == list(range(FRAMES))
    assert [[nodule.number for nodule in one.nodules] for one in frames] == [[1, 2]] * 5 + [[1]] * 9
    for one in frames:
        with FrameFile(one.source) as file:
            bright = file[one.frame].pixels > 140
        with Image.open(results / "out" / one.mask) as picture:
            mask = np.asarray(picture) > 0
        assert (mask & bright).sum() > 0.9 * bright.sum()
    (still,) = (one for one in findings if one.source.endswith("still.dcm"))
    assert still.nodules[0].track is None
    assert still.strip is None


def test_only_key_frames_have_an_overlay_and_all_share_the_strip(results):
    findings = list(read_findings(results / "out" / "findings.jsonl"))
    frames = [one for one in findings if one.strip]
    keys = {one.frame for one in frames if any(n.track.key for n in one.nodules)}
    assert {one.frame for one in frames if one.overlay} == keys
    assert 6 in keys
    assert len(keys) <= 4
    assert {one.strip for one in frames} == {"strips/cine.jpg"}
    with Image.open(results / "out" / "strips" / "cine.jpg") as strip:
        assert strip.width > 1000


def test_the_table_and_the_page_are_about_nodules(results):
    with (results / "out" / "summary.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if row["source"].endswith("cine.dcm")]
    assert sorted(row["nodule"] for row in rows) == ["1", "2"]
    (first,) = (row for row in rows if row["nodule"] == "1")
    assert first["frame"] == "6"
    assert [first[f"cine_{name}"] for name in ("frames", "analyzed", "first", "last")] == [
        "14", "14", "0", "13",
    ]  # fmt: skip
    page = (results / "out" / "index.html").read_text("utf-8")
    assert page.count("frame by frame") == len({row["frame"] for row in rows})
    assert "seen on 14 of 14 frames (1 to 14)" in page
    assert "seen on 5 of 14 frames (1 to 5)" in page


def test_each_nth_frame(results, bundle_store, tmp_path):
    settings = Settings("bright-blobs", None, store=bundle_store, every=4)
    analyze_files([results / "in" / "cine.dcm"], tmp_path / "out", settings)
    findings = list(read_findings(tmp_path / "out" / "findings.jsonl"))
    assert [one.frame for one in findings] == [0, 4, 8, 12]
    assert [n.track.analyzed for one in findings for n in one.nodules] == [4] * 6
    found = Analyzer("bright-blobs", None, store=bundle_store).analyze(
        results / "in" / "cine.dcm", every=4
    )
    assert [[n.track for n in one.nodules] for one in found] == [
        [n.track for n in one.nodules] for one in findings
    ]


def test_what_the_classifier_looked_at_on_key_frames(results, bundle_store, tmp_path):
    settings = Settings("bright-blobs", "mean-brightness", store=bundle_store, explain=True)
    analyze_files([results / "in" / "cine.dcm"], tmp_path / "out", settings)
    for one in read_findings(tmp_path / "out" / "findings.jsonl"):
        assert all((nodule.looked_at is not None) == bool(one.overlay) for nodule in one.nodules)


def test_a_cine_without_nodules_is_one_row_that_says_what_passed(bundle_store, tmp_path):
    frames = np.stack([scan(*([(90, 80, 30, 20)] * (k < 2)), seed=k) for k in range(12)])
    path = save(tmp_path / "cine.dcm", ultrasound(frames))
    settings = Settings("bright-blobs", None, store=bundle_store)
    counts = analyze_files([path], tmp_path / "out", settings)
    assert counts.nodules == 0
    (one,) = reported(read_findings(tmp_path / "out" / "findings.jsonl"))
    assert (one.frame, one.nodules) == (0, [])
    assert one.notes[-1] == "outlined on fewer than 3 frames each and not reported: 1"


def test_a_damaged_frame_fails_the_file_and_no_other(results, bundle_store, tmp_path):
    stream = io.BytesIO()
    Image.fromarray(scan((90, 80, 30, 20))).save(stream, "JPEG")
    coded = stream.getvalue()
    dataset = ultrasound(np.stack([scan()] * 3))
    dataset.PixelData = encapsulate([coded, coded[:200], coded])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    broken = save(tmp_path / "broken.dcm", dataset)
    settings = Settings("bright-blobs", None, store=bundle_store)
    counts = analyze_files([broken, results / "in" / "still.dcm"], tmp_path / "out", settings)
    assert (counts.errors, counts.nodules) == (1, 1)
    first, _ = read_findings(tmp_path / "out" / "findings.jsonl")
    assert "broken.dcm" in first.error


# The peak of the program itself: getrusage counts what its parent had when it was started, too.
STATUS = Path("/proc/self/status")
MEMORY = """
import re, sys
from pathlib import Path
from nodulens.report.batch import Settings, analyze_files
settings = Settings("bright-blobs", None, store=Path(sys.argv[3]))
analyze_files([Path(sys.argv[1])], Path(sys.argv[2]), settings)
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.skipif(not STATUS.exists(), reason="no memory figures here")
def test_memory_stays_flat(bundle_store, tmp_path):
    still = np.stack([scan((300, 240, 90, 60), shape=(480, 640))] * 3, -1)
    peaks = []
    for count in (1, 120):
        path = save(tmp_path / f"{count}.dcm", ultrasound(np.stack([still] * count)))
        arguments = [path, tmp_path / f"out-{count}", bundle_store]
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, *map(str, arguments)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        peaks.append(int(done.stdout) / 1024)
    assert (tmp_path / "120.dcm").stat().st_size > 100 * 2**20
    assert peaks[1] - peaks[0] < 100
