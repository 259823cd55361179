from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nodulens.analysis.analyzer import Analyzer
from nodulens.errors import NodulensError
from nodulens.finding import Finding, Frame
from nodulens.report.batch import Settings, analyze_files
from tests.pictures import save, scan


@pytest.fixture
def settings(bundle_store: Path) -> Settings:
    return Settings("bright-blobs", "mean-brightness", store=bundle_store)


SCRIPT = """
import sys
from pathlib import Path
from nodulens.report.batch import Settings, analyze_files

if __name__ == "__main__":
    segmenter, store, source, out, workers = sys.argv[1:]
    settings = Settings(segmenter, "mean-brightness", store=Path(store))
    analyze_files([Path(source)], Path(out), settings, workers=int(workers))
"""


def fill(folder: Path, count: int = 6) -> Path:
    """Make a folder of ``count`` scans, some with two nodules, and a file that is none."""
    for number in range(count):
        nodules = [(70.0, 90.0, 40.0, 30.0), (180.0, 80.0, 30.0, 40.0)][: number % 3]
        save(folder / f"case{number % 2}" / f"{number}.png", scan(*nodules, seed=number))
    (folder / "broken.jpg").write_text("words")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def findings(out: Path) -> list[Finding]:
    return [
        Finding.from_json_line(line)
        for line in (out / "findings.jsonl").read_text("utf-8").splitlines()
    ]


def test_everything_is_written(settings: Settings, tmp_path: Path) -> None:
    fill(tmp_path / "in")
    (tmp_path / "in" / "notes.txt").write_text("words")
    counts = analyze_files([tmp_path / "in"], tmp_path / "out", settings)
    assert (counts.files, counts.frames, counts.errors, counts.left_out) == (7, 6, 1, 1)
    assert (counts.nodules, counts.frames_without_nodule) == (6, 2)
    said = findings(tmp_path / "out")
    assert [Path(finding.source).name for finding in said] == [
        "broken.jpg", "0.png", "2.png", "4.png", "1.png", "3.png", "5.png",
    ]  # fmt: skip
    assert said[0].error is not None
    assert said[0].sha256 is not None
    assert said[2].nodules[1].mask == "masks/case0/2.nodule-2.png"
    written = contents(tmp_path / "out")
    named = {finding.mask for finding in said} | {finding.overlay for finding in said} - {None}
    assert {name for name in named if name} <= set(written)
    assert {
        "findings.jsonl", "findings.schema.json", "index.html", "run.json", "summary.csv",
    } == {name for name in written if "/" not in name}  # fmt: skip
    run = json.loads(written["run.json"])
    assert run["status"] == "complete"
    assert run["counts"]["nodules"] == 6
    assert [model["name"] for model in run["models"]] == ["bright-blobs", "mean-brightness"]


def test_a_forest_s_findings_reach_every_file(bundle_store: Path, tmp_path: Path) -> None:
    save(tmp_path / "in" / "scan.png", scan((120, 90, 60, 30)))
    settings = Settings(
        "bright-blobs", "both", store=bundle_store, explain=True, probabilities=True
    )
    analyze_files([tmp_path / "in"], tmp_path / "out", settings)
    written = contents(tmp_path / "out")
    (said,) = findings(tmp_path / "out")
    assert said.nodules[0].looked_at in written
    assert said.probabilities in written
    with io.StringIO(written["summary.csv"].decode("utf-8"), newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["margin"] in ("smooth", "smooth or lobulated or irregular", "lobulated or irregular")
    assert row["tirads_levels"].startswith("TR1 or TR2")
    assert row["tirads_points"] == "0 to 11"
    assert row["malignancy_defer"] in ("yes", "no")
    page = written["index.html"].decode("utf-8")
    assert "looked-at/scan.nodule-1.jpg" in page
    assert "what speaks for 1 and against" in page
    assert "TR1 to TR5" in page


def test_frames_of_one_file_have_names_of_their_own(settings: Settings, tmp_path: Path) -> None:
    pages = [Image.fromarray(scan((100, 90, size, size))) for size in (30, 50)]
    pages[0].save(tmp_path / "cine.tiff", save_all=True, append_images=pages[1:])
    analyze_files([tmp_path / "cine.tiff"], tmp_path / "out", settings)
    assert [(finding.frame, finding.mask) for finding in findings(tmp_path / "out")] == [
        (0, "masks/cine.frame-0001.png"),
        (1, "masks/cine.frame-0002.png"),
    ]


def test_several_processes_give_the_same(settings: Settings, tmp_path: Path) -> None:
    fill(tmp_path / "in")
    analyze_files([tmp_path / "in"], tmp_path / "one", settings)
    analyze_files([tmp_path / "in"], tmp_path / "two", settings, workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_batch_resumes_and_ends_the_same(
    bundle_store: Path, tmp_path: Path, workers: int
) -> None:
    bundles = pytest.importorskip("tests.bundles", exc_type=ImportError)
    slow = bundles.segmenter_bundle(tmp_path / "slow", level=0.5, blurs=100, size=(256, 320)).folder
    settings = Settings(str(slow), "mean-brightness", store=bundle_store)
    source = fill(tmp_path / "in", 12)
    analyze_files([source], tmp_path / "whole", settings)

    out = tmp_path / "out"
    script = tmp_path / "batch.py"
    script.write_text(SCRIPT)
    arguments = [slow, bundle_store, source, out, workers]
    process = subprocess.Popen([sys.executable, str(script), *map(str, arguments)])
    journal = out / "findings.jsonl"
    deadline = time.monotonic() + 60
    while not (journal.exists() and journal.read_bytes().count(b"\n") >= 4):
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = journal.read_bytes()
    assert 4 <= done.count(b"\n") < 13
    # The kill may also come in the middle of a line, or of a picture.
    journal.write_bytes(done[:-20])
    (out / "masks" / ".9.png.abc.part").write_bytes(b"half")

    with pytest.raises(NodulensError, match="--resume"):
        analyze_files([source], out, settings)
    counts = analyze_files([source], out, settings, resume=True, workers=workers)
    assert counts.resumed == done.count(b"\n") - 2
    assert contents(out) == contents(tmp_path / "whole")


def test_resuming_does_again_only_what_changed(settings: Settings, tmp_path: Path) -> None:
    source, out = fill(tmp_path / "in"), tmp_path / "out"
    analyze_files([source], out, settings)
    before = contents(out)
    for path in (out / "masks").rglob("*.png"):
        os.utime(path, (0, 0))
    (out / "masks/case0/2.nodule-1.png").write_bytes(b"")
    save(source / "case1/1.png", scan((100, 90, 50, 30), seed=77))
    counts = analyze_files([source], out, settings, resume=True)
    # The last file's findings are always looked at again: of several frames one may be missing.
    assert counts.resumed == 7 - 3
    again = {path.name for path in (out / "masks").rglob("*.png") if path.stat().st_mtime > 0}
    assert again == {
        "2.png", "2.nodule-1.png", "2.nodule-2.png", "1.png", "5.png", "5.nodule-1.png",
        "5.nodule-2.png",
    }  # fmt: skip
    after = contents(out)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {
        "findings.jsonl", "index.html", "masks/case1/1.png", "overlays/case1/1.jpg", "run.json",
        "summary.csv",
    }  # fmt: skip


def test_a_folder_with_something_else_is_refused(settings: Settings, tmp_path: Path) -> None:
    source, out = fill(tmp_path / "in", 1), tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("precious")
    for resume in (False, True):
        with pytest.raises(NodulensError, match="not empty"):
            analyze_files([source], out, settings, resume=resume)
    assert contents(out) == {"thesis.txt": b"precious"}
    with pytest.raises(NodulensError, match="a file"):
        analyze_files([source], out / "thesis.txt", settings)


def test_a_run_with_other_settings_is_refused(
    settings: Settings, bundle_store: Path, tmp_path: Path
) -> None:
    source, out = fill(tmp_path / "in", 1), tmp_path / "out"
    analyze_files([source], out, settings)
    other = Settings("bright-blobs", None, store=bundle_store)
    with pytest.raises(NodulensError, match="other arguments and models"):
        analyze_files([source], out, other, resume=True)


def test_a_fault_of_ours_costs_one_file_only(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyze_frame = Analyzer.analyze_frame

    def faulty(self: Analyzer, frame: Frame, *words: Any, **more: Any) -> Finding:
        if frame.source.endswith("1.png"):
            raise ZeroDivisionError("oh")
        return analyze_frame(self, frame, *words, **more)

    monkeypatch.setattr(Analyzer, "analyze_frame", faulty)
    counts = analyze_files([fill(tmp_path / "in", 3)], tmp_path / "out", settings)
    assert (counts.frames, counts.errors) == (2, 2)
    assert "unexpected ZeroDivisionError: oh" in (findings(tmp_path / "out")[-1].error or "")


class Deadly(Settings):
    """Settings whose analyzer ends its process at one of the files."""

    def analyzer(self) -> Analyzer:
        analyzer = super().analyzer()
        analyze_frame = analyzer.analyze_frame

        def deadly(frame: Frame, *words: Any, **more: Any) -> Finding:
            if frame.source.endswith("1.png"):
                os._exit(7)
            return analyze_frame(frame, *words, **more)

        analyzer.analyze_frame = deadly  # type: ignore[method-assign]
        return analyzer


def test_a_file_that_ends_its_process_costs_itself_only(bundle_store: Path, tmp_path: Path) -> None:
    settings = Deadly("bright-blobs", None, store=bundle_store)
    counts = analyze_files([fill(tmp_path / "in")], tmp_path / "out", settings, workers=2)
    assert (counts.frames, counts.errors) == (5, 2)
    failed = [finding for finding in findings(tmp_path / "out") if finding.error]
    assert [Path(finding.source).name for finding in failed] == ["broken.jpg", "1.png"]
    assert "ended the process" in (failed[1].error or "")


@pytest.fixture
def two_sided(tmp_path: Path) -> Path:
    """Make a folder of three scans with a nodule on either side."""
    for number in range(3):
        blobs = (60.0, 90.0, 30.0, 25.0), (180.0, 90.0, 30.0, 25.0)
        save(tmp_path / "in" / f"{number}.png", scan(*blobs, seed=number, tissue=95))
    return tmp_path / "in"


def guided(store: Path, **words: Any) -> Settings:
    return Settings("told-side", None, store=store, **words)


def test_words_for_all_pictures(bundle_store: Path, two_sided: Path, tmp_path: Path) -> None:
    settings = guided(bundle_store, text="nodule in the left part")
    counts = analyze_files([two_sided], tmp_path / "out", settings)
    assert (counts.nodules, counts.without_text, counts.texts_unused) == (3, 0, 0)
    for finding in findings(tmp_path / "out"):
        assert finding.text is not None
        assert (finding.text.used, finding.text.origin) == ("nodule in the left part", "argument")
    run = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert run["arguments"]["text"] == "nodule in the left part"
    assert run["arguments"]["text_file"] is None


@pytest.mark.parametrize("workers", [1, 2])
def test_words_from_a_table(
    bundle_store: Path, two_sided: Path, tmp_path: Path, workers: int
) -> None:
    words = tmp_path / "words.csv"
    words.write_text(
        "Image,Description\n0,nodule in the left part\n2.png,nodule in the right part\n9.png,x\n"
    )
    settings = guided(bundle_store, text_file=words)
    counts = analyze_files([two_sided], tmp_path / "out", settings, workers=workers)
    assert (counts.without_text, counts.texts_unused) == (1, 1)
    said = findings(tmp_path / "out")
    assert [[n.bounding_box.x < 120 for n in finding.nodules] for finding in said] == [
        [True], [True, False], [False],
    ]  # fmt: skip
    assert [finding.text and finding.text.origin for finding in said] == ["file", None, "file"]
    run = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert run["arguments"]["text_file"]["path"] == str(words)
    assert run["counts"]["without_text"] == 1
    summary = (tmp_path / "out" / "summary.csv").read_text("utf-8")
    assert summary.count("nodule in the right part,nodule in the right part") == 1
    assert "outlined with the words “nodule in the left part”" in (
        tmp_path / "out" / "index.html"
    ).read_text("utf-8")


def test_other_words_are_another_run(bundle_store: Path, two_sided: Path, tmp_path: Path) -> None:
    words, out = tmp_path / "words.csv", tmp_path / "out"
    words.write_text("file,text\n0.png,nodule in the left part\n")
    settings = guided(bundle_store, text_file=words)
    analyze_files([two_sided], out, settings)
    assert analyze_files([two_sided], out, settings, resume=True).resumed == 2
    before = contents(out)
    others = [guided(bundle_store), guided(bundle_store, text="nodule in the left part")]
    for other in others:
        with pytest.raises(NodulensError, match="a run with other arguments"):
            analyze_files([two_sided], out, other, resume=True)
    words.write_text("file,text\n0.png,nodule in the right part\n")
    with pytest.raises(NodulensError, match="a run with other arguments"):
        analyze_files([two_sided], out, settings, resume=True)
    assert contents(out) == before


def test_wrong_words_write_nothing(bundle_store: Path, two_sided: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.csv"
    words.write_text("file,text\nz.png,left\n")
    with pytest.raises(NodulensError, match="none of its files"):
        analyze_files([two_sided], tmp_path / "out", guided(bundle_store, text_file=words))
    assert not (tmp_path / "out").exists()
    with pytest.raises(NodulensError, match="give one of the two"):
        guided(bundle_store, text="left", text_file=words)


def test_a_text_too_long_costs_no_traceback(
    bundle_store: Path, two_sided: Path, tmp_path: Path
) -> None:
    settings = guided(bundle_store, text="left " * 5000)
    counts = analyze_files([two_sided], tmp_path / "out", settings)
    assert counts.errors == 3
    assert "characters; give 20000 at most" in (findings(tmp_path / "out")[0].error or "")
