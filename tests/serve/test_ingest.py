from __future__ import annotations

import io
import zipfile
from pathlib import Path

from pydicom import dcmread
from starlette.testclient import TestClient

from tests.dicom.ultrasound import save, ultrasound
from tests.pictures import scan
from tests.serve.place import is_problem, png, serving, settings_for, upload
from tests.serve.test_bench import bench_of


def archive_of(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_an_archive_without_a_picture_leaves_nothing(client: TestClient) -> None:
    store = bench_of(client).store
    before = store.studies(0, 1)[1]
    for content in (archive_of(), archive_of(a=b"words"), archive_of(a=archive_of(b=png()))):
        is_problem(client.post("/api/studies", files=[("files", ("a.zip", content))]), 415)
    odd = archive_of(**{"../a.png": png()})
    is_problem(client.post("/api/studies", files=[("files", ("a.zip", odd))]), 422)
    assert store.studies(0, 1)[1] == before
    assert list((store.folder / "incoming").iterdir()) == []


def test_limits_hold_for_all_archives_of_an_upload_together(
    tmp_path: Path, bundle_store: Path
) -> None:
    # Grey noise does not shrink; two archives of three pictures each.
    files = [
        ("files", (f"{n}.zip", archive_of(**{f"{m}.png": png(seed=9 * n + m) for m in range(3)})))
        for n in range(2)
    ]
    with serving(settings_for(tmp_path / "a", bundle_store, upload_files=5)) as client:
        assert "divide it" in is_problem(client.post("/api/studies", files=files), 413)
    with serving(settings_for(tmp_path / "b", bundle_store, upload_files=6)) as client:
        assert len(client.post("/api/studies", files=files).json()["study"]["images"]) == 6


def test_patients_are_known_by_a_hash_alone(client: TestClient, tmp_path: Path) -> None:
    ids = []
    for number, patient in enumerate(("JONES-1", "JONES-1", "SMITH-2")):
        dataset = ultrasound(scan(seed=number))
        dataset.PatientID = patient
        save(tmp_path / "a.dcm", dataset)
        assert dcmread(tmp_path / "a.dcm").PatientID == patient
        ids.append(upload(client, (tmp_path / "a.dcm").read_bytes())["images"][0]["id"])
    store = bench_of(client).store
    first, second, third = (store.patient(one) for one in ids)
    assert first == second != third
    assert b"JONES-1" not in (store.folder / "state.sqlite").read_bytes()
    assert store.patient(upload(client)["images"][0]["id"]) is None
