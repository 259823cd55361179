"""What snippets find when they run: a place of their own, sample files, models, the command."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nodulens
from nodulens.data.manifest import Row, read_manifest
from nodulens.data.phantom_set import write_phantoms
from nodulens.runtime.bundle import DESCRIPTION
from nodulens.runtime.store import shipped_folder, user_store
from tests.dicom.ultrasound import save, ultrasound
from tests.docs.pages import ROOT

_PYTHON = """#!/bin/sh
exec {python} "$@"
"""
_NODULENS = """#!{python}
import sys

from nodulens.cli import main

if __name__ == "__main__":
    sys.argv[0] = "nodulens"
    main()
"""


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples") / "phantoms"
    write_phantoms(4, folder, seed=3)
    return folder


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a stand-in for each default model that the package does not ship."""
    bundles = pytest.importorskip("tests.bundles", exc_type=ImportError)
    folder = tmp_path_factory.mktemp("stand-ins")
    for name, build in (
        ("ddti-unet-lite0", bundles.segmenter_bundle),
        ("ddti-malignancy", bundles.judging_bundle),
    ):
        if not (shipped_folder() / name / DESCRIPTION).is_file():
            build(folder / name, name=name)
    return folder


@pytest.fixture
def workplace(
    tmp_path: Path, phantoms: Path, stand_ins: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Go to an empty folder with the samples that every page may use.

    They are ``scan.png``; the same as ``scan.dcm``, and three frames of it as ``cine.dcm``;
    ``folder/`` with two pictures; ``mixed/`` with one picture and a file that is none; and
    ``my-set/`` with ``images/``, ``masks/`` and ``labels.csv``.
    """
    home, commands, place = (tmp_path / name for name in ("home", "commands", "place"))
    for path in (home, commands, place):
        path.mkdir()
    for name in ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home))
    shutil.copytree(stand_ins, user_store())
    for name, text in (("python", _PYTHON), ("nodulens", _NODULENS)):
        (commands / name).write_text(text.format(python=sys.executable), "utf-8")
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(commands), os.environ["PATH"]]))
    source = Path(nodulens.__file__).parents[1]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(source), str(ROOT)]))
    monkeypatch.setenv("COLUMNS", "100")
    _samples(place, phantoms, read_manifest(phantoms))
    monkeypatch.chdir(place)
    return place


def _samples(place: Path, phantoms: Path, rows: list[Row]) -> None:
    shutil.copy(phantoms / rows[0].image, place / "scan.png")
    with Image.open(place / "scan.png") as image:
        pixels = np.asarray(image.convert("L"))
    save(place / "scan.dcm", ultrasound(pixels))
    save(place / "cine.dcm", ultrasound(np.stack([pixels] * 3)))
    (place / "folder" / "deeper").mkdir(parents=True)
    shutil.copy(phantoms / rows[1].image, place / "folder" / "first.png")
    with Image.open(phantoms / rows[2].image) as image:
        image.save(place / "folder" / "deeper" / "second.bmp")
    (place / "mixed").mkdir()
    shutil.copy(phantoms / rows[3].image, place / "mixed" / "good.png")
    (place / "mixed" / "notes.jpg").write_text("words", "utf-8")
    lines = ["file,patient,malignancy,text"]
    for number, row in enumerate(rows):
        for kind, path in (("images", row.image), ("masks", row.mask)):
            target = place / "my-set" / kind / f"{number}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(phantoms / str(path), target)
        lines.append(f'{number}.png,p{number},{row.labels["malignancy"]},"{row.text}"')
    (place / "my-set" / "labels.csv").write_text("\n".join(lines) + "\n", "utf-8")
