from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nodulens import __version__
from nodulens.cli import app
from tests.dicom.ultrasound import save as save_dicom
from tests.dicom.ultrasound import ultrasound
from tests.pictures import save, scan

NEEDED_FROM = "import sys; from nodulens.cli import main; sys.argv = ['nodulens', *sys.argv[1:]]; "


def nodulens(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", NEEDED_FROM + "main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
    )


def models(store: Path) -> list[str | Path]:
    return [
        "--segmenter", "bright-blobs", "--classifier", "mean-brightness", "--store", store,
    ]  # fmt: skip


def test_analyze_says_what_it_did(bundle_store: Path, tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.png", scan((120, 90, 60, 30)))
    for name in ("a_mask.png", "notes.txt"):
        (tmp_path / "in" / name).write_bytes(b"")
    result = nodulens("analyze", tmp_path / "in", "--out", tmp_path / "out", *models(bundle_store))
    assert result.returncode == 0, result.stderr
    assert "frames analyzed: 1, nodules: 1" in result.stdout
    assert "other files left out: 2 (masks beside their image: 1)" in result.stdout
    assert (tmp_path / "out" / "index.html").is_file()
    assert "analyzing" in result.stderr
    assert "files/s" in result.stderr


def test_some_failed_is_status_3(bundle_store: Path, tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.png", scan())
    (tmp_path / "in" / "b.png").write_bytes(b"")
    result = nodulens("analyze", tmp_path / "in", "--out", tmp_path / "out", *models(bundle_store))
    assert result.returncode == 3
    assert "files that failed: 1" in result.stdout


def test_dicom_objects_are_written_on_request(bundle_store: Path, tmp_path: Path) -> None:
    pixels = scan((120, 90, 60, 30))
    save_dicom(tmp_path / "in" / "a.dcm", ultrasound(pixels))
    save(tmp_path / "in" / "b.png", pixels)
    wanted = ["--dicom-seg", "--dicom-sr", "--dicom-capture", "--segmentation", "fractional"]
    arguments = ["analyze", tmp_path / "in", "--out", tmp_path / "out", *models(bundle_store)]
    result = nodulens(*arguments, *wanted)
    assert result.returncode == 0, result.stderr
    assert "dicom: 3, files that are not DICOM: 1\n" in result.stdout
    assert (tmp_path / "out" / "probabilities" / "a.png").is_file()
    made = sorted(path.name for path in (tmp_path / "out" / "dicom").iterdir())
    assert made == ["a.capture.dcm", "a.seg.dcm", "a.sr.dcm"]
    # The maps of probabilities are part of the run, the objects are not.
    wanted = [*wanted[:2], "--segmentation", "fractional", "--resume"]
    again = nodulens(*arguments, *wanted)
    assert again.returncode == 0, again.stderr
    assert "dicom: 2, files" in again.stdout


def test_objects_that_cannot_be_made_are_status_3(bundle_store: Path, tmp_path: Path) -> None:
    nameless = ultrasound(scan((120, 90, 60, 30)))
    nameless.StudyInstanceUID = ""
    path = save_dicom(tmp_path / "in" / "a.dcm", nameless)
    result = nodulens(
        "analyze", path, "--out", tmp_path / "out", *models(bundle_store), "--dicom-sr"
    )
    assert result.returncode == 3
    assert "objects that failed: 1" in result.stdout
    assert "a.dcm: has no StudyInstanceUID" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "--out", "out"], "no such file or folder"),
        ([".", "--out", "out", "--segmenter", "brigth-blobs"], "did you mean bright-blobs"),
        ([".", "--out", "out", "--mm-per-px", "-3"], "mm a pixel"),
        ([".", "--out", "out", "--text", "left", "--text-file", "w.csv"], "not both"),
        ([".", "--out", "out", "--text", " "], "--text is empty"),
        ([".", "--out", "out", "--dicom-sr", "--segmentation", "binary"], "form of --dicom-seg"),
        ([".", "--out", "out", "--dicom-seg", "--segmentation", "neat"], "'neat'"),
    ],
)
def test_wrong_usage_is_a_message_and_status_2(
    bundle_store: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    arguments = [str(tmp_path / a) if a in ("nowhere", "out", ".") else a for a in arguments]
    result = nodulens("analyze", *models(bundle_store), *arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_help_is_quick_and_needs_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from nodulens.cli import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "heavy = {'numpy', 'PIL', 'onnxruntime', 'pydicom', 'pydantic', 'scipy', 'torch'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    before = os.times()
    subprocess.run([sys.executable, "-c", code], check=True)
    after = os.times()
    # Time of the processor, which other work on the machine does not change.
    used = after.children_user + after.children_system - before.children_user
    assert used - before.children_system < 0.5


def test_version_and_schema() -> None:
    assert __version__ in CliRunner().invoke(app, ["--version"]).output
    schema = json.loads(CliRunner().invoke(app, ["schema"]).output)
    assert "nodules" in schema["properties"]


def test_weights_are_listed_verified_and_imported(bundle_store: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    store = str(tmp_path / "store")
    imported = run(app, ["weights", "import", str(bundle_store / "bright-blobs"), "--store", store])
    assert imported.exit_code == 0, imported.output
    listed = run(app, ["weights", "list", "--store", store])
    assert "bright-blobs\tsegmentation\tversion 1.0" in listed.output
    verified = run(app, ["weights", "verify", "bright-blobs", "--store", store])
    assert "bright-blobs: OK" in verified.output
    for judging in ("both", "bright-forest"):
        verified = run(app, ["weights", "verify", judging, "--store", str(bundle_store)])
        assert f"{judging}: OK" in verified.output
    (tmp_path / "store" / "bright-blobs" / "model.onnx").write_bytes(b"other")
    verified = run(app, ["weights", "verify", "bright-blobs", "--store", store])
    assert verified.exit_code == 3
    assert "FAILED" in verified.output
    assert "NOT USABLE" in run(app, ["weights", "list", "--store", store]).output


def test_words_reach_the_findings(bundle_store: Path, tmp_path: Path) -> None:
    for name in "ab":
        pixels = scan((60, 90, 30, 25), (180, 90, 30, 25), tissue=95)
        save(tmp_path / "in" / f"{name}.png", pixels)
    words = tmp_path / "words.csv"
    words.write_text("file,text\na.png,nodule in the left part\nc.png,nodule\n")
    models = ["--segmenter", "told-side", "--classifier", "none", "--store", str(bundle_store)]

    def analyze(out: str, *options: str) -> tuple[str, list[dict[str, Any]]]:
        arguments = ["analyze", str(tmp_path / "in"), "--out", str(tmp_path / out)]
        result = CliRunner().invoke(app, [*arguments, *models, *options])
        assert result.exit_code == 0, result.output
        lines = (tmp_path / out / "findings.jsonl").read_text("utf-8").splitlines()
        return result.output, [json.loads(line) for line in lines]

    output, said = analyze("one", "--text", "nodule in the right part")
    assert "nodules: 2," in output
    assert {finding["text"]["used"] for finding in said} == {"nodule in the right part"}
    output, said = analyze("two", "--text-file", str(words))
    assert "nodules: 3," in output
    assert "files without words in the table: 1" in output
    assert "rows of words for no file here: 1" in output
    assert [finding["text"] and finding["text"]["from"] for finding in said] == ["file", None]
    output, said = analyze("three", "--text", "none")
    assert "nodules: 4," in output
    assert [finding["text"]["used"] for finding in said] == [None, None]


def test_the_models_of_the_commands_are_the_analyzer_s() -> None:
    from nodulens import cli_weights
    from nodulens.analysis import analyzer

    assert analyzer.SEGMENTER == cli_weights.SEGMENTER
    assert analyzer.CLASSIFIER == cli_weights.CLASSIFIER
