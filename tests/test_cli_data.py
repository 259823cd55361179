from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from nodulens.cli_data import Kind, app
from nodulens.data.imports import IMPORTERS
from nodulens.data.manifest import read_manifest

run = CliRunner()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for number in range(4):
        path = tmp_path / "source" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (32, 48), np.uint8)).save(path)
    return tmp_path / "source"


def test_every_importer_has_its_name() -> None:
    assert [kind.value for kind in Kind] == list(IMPORTERS)


def test_import_split_and_audit(source: Path, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    out = tmp_path / "set"
    result = run.invoke(app, ["import", "folder", str(source), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "imported 4 images" in result.output
    result = run.invoke(app, ["split", str(out), "--folds", "2"])
    assert result.exit_code == 0, result.output
    assert {row.fold for row in read_manifest(out)} == {0, 1}
    result = run.invoke(app, ["audit", str(out), "--out", str(tmp_path / "audit")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "audit" / "index.html").is_file()


def test_bad_file_is_reported_with_status_3(source: Path, tmp_path: Path) -> None:
    (source / "bad.png").write_text("words")
    out = tmp_path / "set"
    result = run.invoke(app, ["import", "folder", str(source), "--out", str(out)])
    assert result.exit_code == 3
    assert "bad.png" in result.output
    assert len(read_manifest(out)) == 4


def test_dry_run(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    result = run.invoke(app, ["import", "folder", str(source), "--out", str(out), "--dry-run"])
    assert result.exit_code == 0
    assert "would import 4 images" in result.output
    assert not out.exists()


def test_audit_that_finds_an_error(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    run.invoke(app, ["import", "folder", str(source), "--out", str(out)])
    (out / "images" / "0.png").unlink()
    result = run.invoke(app, ["audit", str(out), "--out", str(tmp_path / "audit")])
    assert result.exit_code == 3


def test_phantom(tmp_path: Path) -> None:
    out = tmp_path / "set"
    arguments = ["phantom", "2", "--out", str(out), "--width", "320", "--height", "240"]
    result = run.invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert len(read_manifest(out)) == 2


def test_phantom_of_two_nodules(tmp_path: Path) -> None:
    out = tmp_path / "set"
    arguments = ["phantom", "2", "--out", str(out), "--two-nodules"]
    result = run.invoke(app, [*arguments, "--width", "320", "--height", "240"])
    assert result.exit_code == 0, result.output
    assert len(read_manifest(out)) == 4
    result = run.invoke(app, ["audit", str(out), "--out", str(tmp_path / "audit")])
    assert result.exit_code == 0, result.output
    assert "One picture, asked about in several texts" in result.output


def test_commands_load_no_room_before_they_run() -> None:
    code = (
        "import sys, nodulens.cli_data; "
        "print([m for m in sys.modules if m.startswith('nodulens.data') or m == 'numpy'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
