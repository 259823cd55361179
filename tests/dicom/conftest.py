"""A folder of results about DICOM files of every kind, and a PACS to send them to."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from nodulens.dicom.results import Objects, Written, write_results
from nodulens.report.batch import Settings, analyze_files
from tests.dicom.orthanc import Orthanc, run_orthanc
from tests.dicom.ultrasound import save, ultrasound
from tests.pictures import save as save_picture
from tests.pictures import scan

ONE = scan((80, 110, 50, 25))
"""A nodule off every axis of the picture."""
TWO = scan((60, 120, 30, 20), (180, 50, 25, 30))
SPLIT = scan((60, 100, 30, 20), (180, 60, 25, 30), tissue=4.0)


@pytest.fixture(scope="session")
def analyzed(bundle_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with ``in/``, DICOM files and a picture, and ``out/``, the results."""
    folder = tmp_path_factory.mktemp("analyzed")
    files = {
        "one": ultrasound(ONE),
        "two": ultrasound(TWO),
        "none": ultrasound(scan()),
        "colour": ultrasound(np.stack([ONE, ONE, 255 - ONE], -1)),
        "unscaled": ultrasound(TWO, SequenceOfUltrasoundRegions=None),
        "split": ultrasound(SPLIT),
        "cine": ultrasound(np.stack([scan(), ONE, TWO])),
        "empty-cine": ultrasound(np.stack([scan(), scan(seed=1)])),
    }
    for name, dataset in files.items():
        save(folder / "in" / f"{name}.dcm", dataset)
    save_picture(folder / "in" / "picture.png", ONE)
    settings = Settings("bright-blobs", "both", store=bundle_store, probabilities=True)
    analyze_files([folder / "in"], folder / "out", settings)
    return folder


@pytest.fixture(scope="session")
def written(analyzed: Path) -> Written:
    """Return what :func:`write_results` wrote into ``out/`` of the analyzed folder."""
    pdf = find_spec("weasyprint") is not None
    return write_results(analyzed / "out", Objects(seg=True, sr=True, pdf=pdf, capture=True))


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    """Run an empty Orthanc on this machine alone; skips where it is not installed."""
    with run_orthanc(tmp_path_factory.mktemp("orthanc")) as server:
        yield server
