from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from nodulens.cli import app, main
from tests.dicom.screens import screen
from tests.dicom.test_deidentify import report
from tests.dicom.ultrasound import save, ultrasound

runner = CliRunner()


def test_deidentify(tmp_path: Path) -> None:
    save(tmp_path / "in" / "neck.dcm", ultrasound(screen()))
    out = tmp_path / "out"
    result = runner.invoke(app, ["deidentify", str(tmp_path / "in"), str(out)])
    assert result.exit_code == 0
    assert "files written: 1, files left out: 0" in result.stdout
    assert f"New key in {tmp_path / 'out-key.txt'}: keep it secret" in result.stdout
    assert f"Look through {tmp_path / 'out-review.html'}" in result.stdout
    again = runner.invoke(app, ["deidentify", str(tmp_path / "in"), str(out), "--resume"])
    assert again.exit_code == 0
    assert "New key" not in again.stdout


def test_files_that_are_left_out(tmp_path: Path) -> None:
    save(tmp_path / "in" / "neck.dcm", ultrasound(screen()))
    save(tmp_path / "in" / "report.dcm", report())
    (tmp_path / "in" / "note.txt").write_text("x", "utf-8")
    result = runner.invoke(app, ["deidentify", str(tmp_path / "in"), str(tmp_path / "out")])
    assert result.exit_code == 3
    assert "report.dcm: is of the kind" in result.stderr
    assert "files left out: 1, other files not looked at: 1" in result.stdout


def test_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["nodulens", "deidentify", str(tmp_path / "nowhere"), str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "no such file or folder" in capsys.readouterr().err
