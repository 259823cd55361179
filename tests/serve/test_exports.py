from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from nodulens.data.manifest import read_manifest
from nodulens.data.pictures import grey_pixels, read_mask
from nodulens.serve.exports import read_export, stream_zip
from tests.dicom.ultrasound import save, ultrasound
from tests.masks import ellipse
from tests.pictures import scan
from tests.serve.place import (
    accepted,
    analyzed,
    corrected,
    encoded,
    is_problem,
    png,
    ring,
    serving,
    settings_for,
)
from tests.serve.test_bench import bench_of


def exported(client: TestClient, folder: Path, *analyses: str) -> Path:
    answer = client.post("/api/exports", json={"analyses": list(analyses) or None})
    assert answer.status_code == 201, answer.text
    content = client.get(f"/api/exports/{answer.json()['id']}/zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    return folder


def test_accepted_cases_become_a_data_set(client: TestClient, tmp_path: Path) -> None:
    pixels = scan((60, 90, 30, 20), (175, 90, 24, 30), tissue=90)
    analysis, _, frame = analyzed(
        client, encoded(pixels, "BMP"), asked='{"text": "solid nodule", "mm_per_px": 0.1}'
    )
    corrected(client, frame, 0, action="judge", nodule=1, verdict="rejected")
    corrected(client, frame, 1, action="outline", nodule=2, rings=[ring(175, 90, 20, 26)])
    said = {"composition": "solid", "margin": "smooth"}
    corrected(client, frame, 2, action="attributes", nodule=2, attributes=said)
    is_problem(client.post("/api/exports", json={"analyses": [analysis]}), 409)
    accepted(client, analysis)
    folder = exported(client, tmp_path / "set", analysis)
    (row,) = read_manifest(folder)
    assert (grey_pixels(folder / row.image) == pixels).all()
    mask = read_mask(folder / str(row.mask))
    assert not mask[90, 60]
    truth = ellipse(20, 26, 0, (180, 240), (175, 90))
    assert 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) > 0.97
    assert row.labels == {"composition": "solid", "margin": "smooth"}
    assert (row.text, row.mm_per_px, row.scale_from) == ("solid nodule", 0.1, "user")


def test_frames_of_a_patient_stay_in_one_group(client: TestClient, tmp_path: Path) -> None:
    analyses = []
    for number in range(2):
        frames = np.stack([scan((70, 90, 20 + 5 * n, 20), seed=n) for n in range(3)])
        save(tmp_path / "a.dcm", ultrasound(frames[: 3 if number else 1].squeeze()))
        analysis, _, frame = analyzed(client, (tmp_path / "a.dcm").read_bytes())
        if number:
            corrected(client, frame, 0, action="remove", nodule=1)
        accepted(client, analysis)
        analyses.append(analysis)
    folder = exported(client, tmp_path / "set", *analyses)
    rows = read_manifest(folder)
    assert len(rows) == 3
    assert len({row.group for row in rows}) == 1
    # The frame without a nodule teaches as well.
    assert sum(not read_mask(folder / str(row.mask)).any() for row in rows) == 1


def test_nothing_to_export_is_said(tmp_path: Path, bundle_store: Path) -> None:
    with serving(settings_for(tmp_path, bundle_store)) as client:
        assert "/review" in is_problem(client.post("/api/exports", json={}), 409)
        is_problem(client.get("/api/exports/0123456789abcdef"), 404)
        assert list((tmp_path / "exports").iterdir()) == []


def test_an_archive_is_streamed_file_by_file(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.bin").write_bytes(bytes([number]) * 100_000)
    blocks = list(stream_zip(tmp_path))
    assert max(map(len, blocks)) < 110_000
    with zipfile.ZipFile(io.BytesIO(b"".join(blocks))) as archive:
        assert archive.testzip() is None
        assert archive.read("3.bin") == bytes([3]) * 100_000


def test_what_cannot_be_exported_is_named_and_the_rest_goes(client: TestClient) -> None:
    first, image, _ = analyzed(client)
    second, _, _ = analyzed(client, png((100, 60, 30, 20)))
    for one in (first, second):
        accepted(client, one)
    bench = bench_of(client)
    bench.store.path(image).write_bytes(b"\x89PNG\r\n\x1a\ngone bad")
    bench.worker.desk.close()  # type: ignore[attr-defined]
    found = client.post("/api/exports", json={"analyses": [first, second]}).json()
    assert found["images"] == 1
    assert found["left_out"][0].startswith("scan.png: ")
    assert read_export(bench, found["id"]).left_out == found["left_out"]


@pytest.mark.train
def test_a_model_improves_by_corrections(client: TestClient, tmp_path: Path) -> None:
    """Its network outlines what is bright; the reader removes that, and draws what is dark."""
    pytest.importorskip("torch", reason="torch is not installed")
    from nodulens.frames import read
    from nodulens.training.evaluate import open_model, outlined
    from nodulens.training.recipe import read_recipe
    from nodulens.training.train_recipe import train_recipe
    from tests.training.conftest import TINY

    def shadowed(seed: int) -> tuple[np.ndarray, tuple[float, float]]:
        x, y = np.random.default_rng(seed).uniform((60, 60), (180, 120)).tolist()
        pixels = scan((x, 20, 20, 10), seed=seed, tissue=130)
        pixels[ellipse(30, 24, 0, (180, 240), (x, y))] //= 4
        return pixels, (x, y)

    analyses = []
    for seed in range(12):
        pixels, (x, y) = shadowed(seed)
        analysis, _, frame = analyzed(client, encoded(pixels), asked='{"classifier": "none"}')
        state = client.get(frame).json()
        assert state["finding"]["nodules"], "there is nothing to correct"
        for nodule in state["finding"]["nodules"]:
            state = corrected(client, frame, state["version"], action="remove", nodule=nodule["id"])
        corrected(client, frame, state["version"], action="add", rings=[ring(x, y, 30, 24)])
        accepted(client, analysis)
        analyses.append(analysis)
    folder = exported(client, tmp_path / "set", *analyses)
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(TINY, "utf-8")
    settings = [
        "training.epochs=12",
        "training.batch_size=2",
        "training.average=0.5",
        "training.learning_rate=5e-3",
        "network.options.encoder=efficientnet_lite0",
        "network.options.pretrained=true",
    ]
    train_recipe(read_recipe(recipe, settings), folder, tmp_path / "run")
    model = open_model(str(tmp_path / "run"))
    before, after = [], []
    for seed in range(100, 103):
        pixels, place = shadowed(seed)
        truth = ellipse(30, 24, 0, (180, 240), place)
        analysis, _, frame = analyzed(client, encoded(pixels))
        boxes = [one["bounding_box"] for one in client.get(frame).json()["finding"]["nodules"]]
        old = np.zeros(truth.shape, bool)
        for box in boxes:
            old[box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]] = True
        (tmp_path / "new.png").write_bytes(encoded(pixels))
        new = outlined(model, read(tmp_path / "new.png")[0])
        for found, scores in ((old, before), (new, after)):
            scores.append(2 * (found & truth).sum() / (found.sum() + truth.sum()))
    assert np.mean(after) > np.mean(before) + 0.3
