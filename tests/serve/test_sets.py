from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from nodulens.data.manifest import MANIFEST, Row, read_manifest, write_manifest
from nodulens.data.pictures import encode_mask
from tests.dicom.ultrasound import save, ultrasound
from tests.masks import ellipse
from tests.pictures import scan
from tests.serve.place import accepted, analyzed, finished, is_problem, png, serving, settings_for
from tests.serve.test_bench import bench_of

MASK = ellipse(30, 20, 0, (180, 240), (120, 90))


def data_set(folder: Path, **changes: Any) -> dict[str, bytes]:
    """Return the files of a data set of one picture."""
    values: dict[str, Any] = {
        "id": "a", "image": "images/a.png", "mask": "masks/a.png", "group": "a", "width": 240,
        "height": 180, "sha256": hashlib.sha256(png()).hexdigest(), "mm_per_px": 0.1,
        "scale_from": "user", "patient": "p1",
    }  # fmt: skip
    write_manifest(folder, [Row(**{**values, **changes})])
    return {
        MANIFEST: (folder / MANIFEST).read_bytes(),
        "images/a.png": png(),
        "masks/a.png": encode_mask(MASK),
    }


def sent(client: TestClient, files: dict[str, bytes]) -> Any:
    """Upload files as a folder is dropped."""
    parts = [("files", (f"set/{name}", content)) for name, content in files.items()]
    return client.post("/api/studies", files=parts)


def test_masks_of_a_data_set_are_no_pictures(client: TestClient, tmp_path: Path) -> None:
    answer = sent(client, data_set(tmp_path)).json()
    assert answer["refused"] == []
    (image,) = answer["study"]["images"]
    assert image["name"] == "set/images/a.png"
    store = bench_of(client).store
    (drawing,) = store.drawings(image["id"])
    assert drawing.mask.read_bytes() == encode_mask(MASK)
    assert store.mm_per_px(image["id"]) == 0.1
    # A hash of the hash: nobody needs to trust the one that came.
    patient = store.patient(image["id"])
    assert patient is not None
    assert patient != "p1"
    finished(client, answer["study"]["analyses"][0]["id"])
    client.delete(f"/api/studies/{answer['study']['id']}")
    assert not drawing.mask.exists()


@pytest.mark.parametrize(
    ("changes", "files", "name", "why"),
    [
        ({}, {"masks/a.png": encode_mask(MASK[:90])}, "masks/a.png", "240×90 pixels"),
        ({}, {"masks/a.png": b"no picture"}, "masks/a.png", "set/masks/a.png"),
        ({}, {"masks/a.png": None}, "masks/a.png", "has none of that name"),
        ({"sha256": "0" * 64}, {}, "masks/a.png", "not the one that the manifest means"),
        ({"labels": {"margin": "purple"}}, {}, "masks/a.png", "no word of the lexicon"),
        ({"mask": "../../secret"}, {}, "secret", "has none of that name"),
        ({}, {MANIFEST: b"PAR1 and nothing else"}, MANIFEST, "not a Parquet file"),
    ],
)
def test_what_does_not_fit_is_said_and_the_picture_kept(
    client: TestClient, tmp_path: Path, changes: Any, files: Any, name: str, why: str
) -> None:
    content = {**data_set(tmp_path, **changes), **files}
    answer = sent(client, {key: value for key, value in content.items() if value is not None})
    told = {one["name"]: one["why"] for one in answer.json()["refused"]}
    assert why in told[next(key for key in told if key.endswith(name))]
    assert "incoming" not in str(told)
    assert "set/images/a.png" in [one["name"] for one in answer.json()["study"]["images"]]


def test_specks_beside_a_nodule_are_left_out_and_said(client: TestClient, tmp_path: Path) -> None:
    mask = MASK.copy()
    mask[5, 5] = mask[170, 200] = True
    answer = sent(client, {**data_set(tmp_path), "masks/a.png": encode_mask(mask)}).json()
    assert answer["refused"][0]["why"].startswith("2 of its parts are too small")
    analysis, image = answer["study"]["analyses"][0]["id"], answer["study"]["images"][0]["id"]
    finished(client, analysis)
    state = client.get(f"/api/analyses/{analysis}/images/{image}/frames/0").json()
    assert [one["area_px"] for one in state["finding"]["nodules"]] == [int(MASK.sum())]


def test_a_manifest_of_endless_rows_is_not_read(tmp_path: Path, bundle_store: Path) -> None:
    files = data_set(tmp_path)
    write_manifest(tmp_path, 50 * read_manifest(tmp_path))
    files[MANIFEST] = (tmp_path / MANIFEST).read_bytes()
    with serving(settings_for(tmp_path / "data", bundle_store, upload_files=10)) as client:
        answer = sent(client, files).json()
    assert "50 rows, 40 are the most" in answer["refused"][0]["why"]


def test_a_manifest_alone_is_no_study(client: TestClient, tmp_path: Path) -> None:
    is_problem(sent(client, {MANIFEST: data_set(tmp_path)[MANIFEST]}), 415)


def test_our_dicom_results_are_no_pictures(client: TestClient, tmp_path: Path) -> None:
    source = save(tmp_path / "a.dcm", ultrasound(scan((70, 90, 30, 20), tissue=90))).read_bytes()
    analysis, _, _ = analyzed(client, source)
    accepted(client, analysis)
    results = client.get(f"/api/analyses/{analysis}/dicom").content
    with zipfile.ZipFile(io.BytesIO(results)) as archive:
        assert len(archive.namelist()) == 2
    files = [("files", ("a.dcm", source)), ("files", ("results.zip", results))]
    answer = client.post("/api/studies", files=files).json()
    assert [one["name"] for one in answer["study"]["images"]] == ["a.dcm"]
    whys = sorted(one["why"] for one in answer["refused"])
    assert "not a segmentation" in whys[0]
    assert "without pixels" in whys[1]
    assert all(why.startswith("results.zip/") for why in whys)
    # A segmentation of 8 bits could be shown, and is no picture either.
    fractional = save(tmp_path / "b.dcm", ultrasound(scan(seed=1), Modality="SEG")).read_bytes()
    told = is_problem(client.post("/api/studies", files=[("files", ("b.dcm", fractional))]), 415)
    assert "DICOM segmentation, not a picture" in told
