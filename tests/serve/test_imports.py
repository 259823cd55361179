from __future__ import annotations

from pathlib import Path

import numpy as np
from starlette.testclient import TestClient

from nodulens.serve.imports import take_over
from tests.pictures import scan
from tests.serve.place import (
    accepted,
    analyzed,
    corrected,
    encoded,
    finished,
    ring,
    serving,
    settings_for,
    upload,
)
from tests.serve.test_bench import bench_of
from tests.serve.test_corrections import mask_of


def test_an_exported_case_comes_back_to_another_installation(
    client: TestClient, tmp_path: Path, bundle_store: Path
) -> None:
    pixels = scan((60, 90, 30, 20), (175, 90, 24, 30), (120, 160, 16, 10), tissue=90)
    analysis, _, frame = analyzed(client, encoded(pixels), asked='{"mm_per_px": 0.1}')
    corrected(client, frame, 0, action="remove", nodule=1)
    corrected(client, frame, 1, action="outline", nodule=3, rings=[ring(175, 90, 20, 26)])
    corrected(client, frame, 2, action="judge", nodule=2, verdict="rejected")
    state = corrected(client, frame, 3, action="add", rings=[ring(60, 40, 20, 12)])
    said = {"composition": "solid", "shape": "taller than wide"}
    for nodule in (3, 4):
        state = corrected(
            client, frame, state["version"], action="attributes", nodule=nodule, attributes=said
        )
    accepted(client, analysis)
    export = client.post("/api/exports", json={"analyses": [analysis]}).json()
    archive = client.get(f"/api/exports/{export['id']}/zip").content
    with serving(settings_for(tmp_path, bundle_store)) as other:
        files = [("files", ("set.zip", archive))]
        answer = other.post("/api/studies", files=files).json()
        assert answer["refused"] == []
        (image,) = answer["study"]["images"]
        (again,) = (one["id"] for one in answer["study"]["analyses"])
        assert finished(other, again)["state"] == "done"
        place = f"/api/analyses/{again}/images/{image['id']}/frames/0"
        back = other.get(place).json()
        assert back["version"] == 1
        assert [one["tool"] for one in other.get(f"{place}/changes").json()] == ["import"]
        masks = {one["id"]: mask_of(other, place, one["id"]) for one in back["finding"]["nodules"]}
        # The one that the model sees keeps its number; the other is new.
        assert (masks[3] == mask_of(client, frame, 3)).all()
        assert (masks[4] == mask_of(client, frame, 4)).all()
        assert masks.keys() == {3, 4}
        assert back["finding"]["scale"]["mm_per_px"] == 0.1
        for number in ("3", "4"):
            given = back["by_user"][number]["attributes"]
            assert {name: value for name, value in given.items() if value is not None} == said
            assert back["by_user"][number]["tirads"]["by_category"]["shape"] == [3, 3]
        # The model's word stays, and undoing leads there.
        assert len(other.get(place, params={"version": 0}).json()["finding"]["nodules"]) == 3
        undone = corrected(other, place, 1, action="restore", version=0)
        assert len(undone["finding"]["nodules"]) == 3
        # It is taken over once: another model's word is its own.
        second = other.post(f"/api/studies/{answer['study']['id']}/analyses", json={}).json()["id"]
        finished(other, second)
        assert other.get(place.replace(again, second)).json()["version"] == 0


def test_a_kill_between_finding_and_outline_costs_neither(
    client: TestClient, tmp_path: Path
) -> None:
    bench = bench_of(client)
    analysis, _, frame = analyzed(client)
    corrected(client, frame, 0, action="outline", nodule=1, rings=[ring(120, 90, 30, 20)])
    accepted(client, analysis)
    export = client.post("/api/exports", json={"analyses": [analysis]}).json()
    archive = client.get(f"/api/exports/{export['id']}/zip").content
    usual, bench.runner.looked = bench.runner.looked, lambda analysis, image: None
    study = upload(client, archive, "set.zip")
    again, back = study["analyses"][0]["id"], study["images"][0]["id"]
    place = f"/api/analyses/{again}/images/{back}/frames/0"
    finished(client, again)
    bench.runner.looked = usual
    assert client.get(place).json()["version"] == 0
    # As a restart does.
    bench.store.move(again, ["done"], "queued")
    bench.runner.wake()
    finished(client, again)
    assert client.get(place).json()["version"] == 1
    assert (mask_of(client, place, 1) == mask_of(client, frame, 1)).all()
    take_over(bench, again, bench.store.image(back)[0])
    assert client.get(place).json()["version"] == 1
    assert np.any(mask_of(client, place, 1) != mask_of(client, place, 1, 0))
