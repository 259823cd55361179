from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from starlette.testclient import TestClient

from nodulens.serve.objects import push
from nodulens.serve.problems import Refusal
from tests.dicom.ultrasound import save, ultrasound
from tests.dicom.verify import faults
from tests.pictures import scan
from tests.serve.place import accepted, analyzed, corrected, is_problem, ring


def uploaded(client: TestClient, tmp_path: Path, frames: int = 1) -> tuple[str, str, str]:
    pixels = np.stack([scan((120, 90, 50 + n, 30), seed=n, tissue=90) for n in range(frames)])
    save(tmp_path / "a.dcm", ultrasound(pixels[0] if frames == 1 else pixels))
    return analyzed(client, (tmp_path / "a.dcm").read_bytes())


def objects(client: TestClient, analysis: str) -> dict[str, Dataset]:
    answer = client.get(f"/api/analyses/{analysis}/dicom")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = {}
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        for name in archive.namelist():
            dataset = dcmread(io.BytesIO(archive.read(name)))
            found[str(dataset.Modality)] = dataset
    return found


def test_only_what_was_accepted_leaves_as_dicom(client: TestClient, tmp_path: Path) -> None:
    analysis, _, _ = uploaded(client, tmp_path)
    assert "/review" in is_problem(client.get(f"/api/analyses/{analysis}/dicom"), 409)
    assert "not accepted" in is_problem(client.post(f"/api/analyses/{analysis}/stow"), 409)
    accepted(client, analysis)
    found = objects(client, analysis)
    assert set(found) == {"SEG", "SR"}
    (segment,) = found["SEG"].SegmentSequence
    assert segment.SegmentAlgorithmType == "AUTOMATIC"
    again = objects(client, analysis)
    assert again["SEG"].SOPInstanceUID == found["SEG"].SOPInstanceUID
    assert "--stow" in is_problem(client.post(f"/api/analyses/{analysis}/stow"), 409)


def test_a_corrected_outline_is_a_person_s(client: TestClient, tmp_path: Path) -> None:
    analysis, _, frame = uploaded(client, tmp_path)
    accepted(client, analysis)
    before = objects(client, analysis)
    said = {"composition": "solid", "margin": "spiculated"}
    corrected(client, frame, 0, action="outline", nodule=1, rings=[ring(120, 90, 30, 40)])
    corrected(client, frame, 1, action="attributes", nodule=1, attributes=said)
    accepted(client, analysis)
    after = objects(client, analysis)
    (segment,) = after["SEG"].SegmentSequence
    assert segment.SegmentAlgorithmType == "SEMIAUTOMATIC"
    assert "reader" in segment.SegmentDescription
    assert after["SEG"].SOPInstanceUID != before["SEG"].SOPInstanceUID
    mask = np.asarray(client.get(frame).json()["finding"]["nodules"][0]["area_px"])
    assert after["SEG"].pixel_array.sum() == mask
    text = " ".join(
        item.TextValue for item in after["SR"].ContentSequence if item.ValueType == "TEXT"
    )
    assert "outlined by the reader (polygon)" in text
    assert "as the reader gave: composition, margin" in text


def test_corrected_objects_are_as_the_standard_wants_them(
    client: TestClient, tmp_path: Path
) -> None:
    analysis, _, frame = uploaded(client, tmp_path)
    corrected(client, frame, 0, action="outline", nodule=1, rings=[ring(120, 90, 30, 40)])
    said = {"composition": "solid", "foci": ["punctate", "macrocalcification"]}
    corrected(client, frame, 1, action="attributes", nodule=1, attributes=said)
    corrected(client, frame, 2, action="add", rings=[ring(40, 40, 15, 12)])
    accepted(client, analysis)
    for dataset in objects(client, analysis).values():
        path = tmp_path / f"{dataset.Modality}.dcm"
        dataset.save_as(path)
        assert faults(path) == []


def test_a_corrected_frame_of_a_cine_has_its_objects(client: TestClient, tmp_path: Path) -> None:
    analysis, _, frame = uploaded(client, tmp_path, frames=3)
    accepted(client, analysis)
    with zipfile.ZipFile(
        io.BytesIO(client.get(f"/api/analyses/{analysis}/dicom").content)
    ) as archive:
        before = len(archive.namelist())
    corrected(client, frame, 0, action="outline", nodule=1, rings=[ring(120, 90, 30, 40)])
    accepted(client, analysis)
    answer = client.get(f"/api/analyses/{analysis}/dicom")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert len(archive.namelist()) == before + 2


def test_pictures_have_no_dicom_results(client: TestClient) -> None:
    analysis, _, _ = analyzed(client)
    accepted(client, analysis)
    assert "nothing in this study is DICOM" in is_problem(
        client.get(f"/api/analyses/{analysis}/dicom"), 409
    )


def test_a_server_that_is_not_there_takes_nothing(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("dicomweb_client", reason="the [pacs] extra is not installed")
    save(tmp_path / "a.dcm", ultrasound(scan()))
    with pytest.raises(Refusal, match="no answer") as caught:
        push("http://127.0.0.1:9/dicom-web", [tmp_path / "a.dcm"])
    assert caught.value.status == 502
    monkeypatch.setattr("nodulens.serve.objects.find_spec", lambda name: None)
    with pytest.raises(Refusal, match="pip install") as caught:
        push("http://127.0.0.1:9/dicom-web", [])
    assert caught.value.status == 501
