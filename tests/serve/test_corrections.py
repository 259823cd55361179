from __future__ import annotations

import base64
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from nodulens.measure.tirads import score
from nodulens.serve.corrections import score_by_user
from nodulens.serve.models import UserAttributes
from tests.dicom.ultrasound import save, ultrasound
from tests.masks import ellipse
from tests.pictures import scan
from tests.report.findings import finding
from tests.serve.place import analyzed, corrected, encoded, is_problem, png, ring


def mask_of(client: TestClient, frame: str, nodule: int, version: int | None = None) -> np.ndarray:
    params = {} if version is None else {"version": version}
    answer = client.get(f"{frame}/nodules/{nodule}/mask", params=params)
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.content))) > 127


def test_a_drawn_outline_is_measured_and_judged_anew(client: TestClient) -> None:
    _, _, frame = analyzed(client)
    before = client.get(frame).json()["finding"]["nodules"][0]
    state = corrected(client, frame, 0, action="outline", nodule=1, rings=[ring(120, 90, 30, 40)])
    (after,) = state["finding"]["nodules"]
    assert state["version"] == 1
    assert (before["taller_than_wide"], after["taller_than_wide"]) == (False, True)
    assert after["area_px"] == pytest.approx(np.pi * 30 * 40, rel=0.03)
    assert after["long_axis_px"] == pytest.approx(80, abs=2)
    assert after["malignancy"]["probability"] != before["malignancy"]["probability"]
    assert after["tirads"]["by_category"]["shape"] == [3, 3]
    assert after["confidence"] < before["confidence"]
    assert state["by_user"]["1"]["outlined"] == "polygon"
    assert mask_of(client, frame, 1).sum() == after["area_px"]
    # The model's word stays.
    original = client.get(frame, params={"version": 0}).json()["finding"]["nodules"][0]
    assert original == before
    assert mask_of(client, frame, 1, 0).sum() == before["area_px"]


def test_a_mask_says_the_same_as_rings(client: TestClient) -> None:
    _, _, frame = analyzed(client)
    mask = ellipse(40, 25, 0, (180, 240), (120, 90))
    content = base64.b64encode(encoded(mask.astype(np.uint8) * 255)).decode()
    corrected(client, frame, 0, action="outline", nodule=1, mask=content)
    assert (mask_of(client, frame, 1) == mask).all()


def test_nodules_are_added_and_removed_and_keep_their_numbers(client: TestClient) -> None:
    _, _, frame = analyzed(client, png((60, 90, 30, 20), (175, 90, 24, 30)))
    state = corrected(client, frame, 0, action="add", rings=[ring(120, 40, 20, 15)])
    assert [one["id"] for one in state["finding"]["nodules"]] == [1, 2, 3]
    state = corrected(client, frame, 1, action="remove", nodule=3)
    state = corrected(client, frame, 2, action="remove", nodule=1)
    assert [one["id"] for one in state["finding"]["nodules"]] == [2]
    state = corrected(client, frame, 3, action="add", rings=[ring(120, 40, 20, 15)])
    # A number is never given twice, or two nodules would share a history.
    assert [one["id"] for one in state["finding"]["nodules"]] == [2, 4]
    assert state["by_user"].keys() == {"4"}


def test_undo_brings_a_version_back_and_loses_none(client: TestClient) -> None:
    _, _, frame = analyzed(client)
    first = corrected(client, frame, 0, action="outline", nodule=1, rings=[ring(120, 90, 30, 40)])
    corrected(client, frame, 1, action="remove", nodule=1)
    back = corrected(client, frame, 2, action="restore", version=1)
    assert back["version"] == 3
    assert back["finding"] == first["finding"]
    assert back["by_user"] == first["by_user"]
    last = corrected(client, frame, 3, action="restore", version=0)
    assert last["by_user"] == {}
    history = client.get(f"{frame}/changes").json()
    assert [one["restored"] for one in history] == [None, None, 1, 0]
    assert client.get(frame, params={"version": 2}).json()["finding"]["nodules"] == []
    corrected(client, frame, 4, status=404, action="restore", version=9)


def test_people_who_correct_different_nodules_do_not_meet(client: TestClient) -> None:
    _, _, frame = analyzed(client, png((60, 90, 30, 20), (175, 90, 24, 30)))
    corrected(client, frame, 0, action="outline", nodule=1, rings=[ring(60, 90, 20, 15)])
    state = corrected(client, frame, 0, action="judge", nodule=2, verdict="accepted")
    assert state["version"] == 2
    assert state["by_user"]["1"]["outlined"] == "polygon"
    assert state["by_user"]["2"]["verdict"] == "accepted"
    assert mask_of(client, frame, 1).sum() == state["finding"]["nodules"][0]["area_px"]
    added = corrected(client, frame, 0, action="add", rings=[ring(120, 40, 20, 15)])
    assert [one["id"] for one in added["finding"]["nodules"]] == [1, 2, 3]
    # The same nodule, or all of them, do; and two that are added may be the same one.
    for change in (
        {"action": "remove", "nodule": 1},
        {"action": "judge", "nodule": 2, "verdict": "rejected"},
        {"action": "restore", "version": 0},
        {"action": "add", "rings": [ring(120, 40, 20, 15)]},
    ):
        assert "somebody else was faster" in str(corrected(client, frame, 0, 409, **change))
    corrected(client, frame, 3, action="restore", version=0)
    corrected(client, frame, 3, 409, action="judge", nodule=2, verdict="accepted")
    corrected(client, frame, 9, 409, action="judge", nodule=2, verdict="accepted")
    assert client.get(frame).json()["version"] == 4


def test_corrections_that_are_made_at_the_same_time_are_all_made(client: TestClient) -> None:
    _, _, frame = analyzed(client, png((60, 90, 30, 20), (175, 90, 24, 30)))
    changes = [
        {"action": "outline", "nodule": 1, "rings": [ring(60, 90, 20, 15)]},
        {"action": "outline", "nodule": 2, "rings": [ring(175, 90, 20, 15)]},
        {"action": "add", "rings": [ring(120, 40, 20, 15)]},
    ]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda change: corrected(client, frame, 0, **change), changes))
    state = client.get(frame).json()
    assert state["version"] == 3
    assert state["by_user"].keys() == {"1", "2", "3"}


def test_what_a_person_says_stands_beside_the_models_word(client: TestClient) -> None:
    _, _, frame = analyzed(client)
    before = client.get(frame).json()["finding"]["nodules"][0]
    said = {
        "composition": "solid", "echogenicity": "hypoechoic", "margin": "smooth",
        "foci": ["punctate", "macrocalcification"], "site": "left lobe", "size_mm": [18, 12, 11],
    }  # fmt: skip
    state = corrected(client, frame, 0, action="attributes", nodule=1, attributes=said)
    mine = state["by_user"]["1"]
    assert state["finding"]["nodules"][0] == before
    # 2 + 2 + 0 + (3 + 1), wider than tall.
    assert mine["tirads"]["points"] == [8, 8]
    assert mine["tirads"]["levels"] == ["TR5"]
    assert mine["tirads"]["recommendations"] == ["biopsy"]
    drawn = corrected(client, frame, 1, action="outline", nodule=1, rings=[ring(120, 90, 30, 40)])
    assert drawn["by_user"]["1"]["attributes"]["site"] == "left lobe"
    # Taller than wide now: three points more.
    assert drawn["by_user"]["1"]["tirads"]["points"] == [11, 11]
    none = corrected(client, frame, 2, action="attributes", nodule=1, attributes=None)
    assert none["by_user"]["1"]["tirads"] is None


def test_a_score_by_a_person_leaves_the_rest_to_the_model() -> None:
    nodule = finding().nodules[0]
    found = score_by_user(nodule, UserAttributes(composition="cystic", shape="taller than wide"))
    assert found.by_category == {"composition": (0, 0), "shape": (3, 3)}
    assert set(found.missing) == {"echogenicity", "margin", "foci"}
    whole = UserAttributes(
        composition="solid", echogenicity="isoechoic", margin="smooth", foci=["none"], size_mm=[26]
    )
    plain = score(
        composition="solid", echogenicity="isoechoic", margin="smooth", foci=["none"],
        shape="wider than tall", largest_mm=26,
    )  # fmt: skip
    assert tuple(score_by_user(nodule, whole).points) == plain.points
    assert score_by_user(nodule, whole).recommendations == list(plain.recommendations or ())


@pytest.mark.parametrize(
    ("change", "status", "what"),
    [
        ({"action": "outline", "nodule": 5, "rings": [ring(60, 60, 9, 9)]}, 404, "no nodule 5"),
        ({"action": "outline", "nodule": 1, "rings": [ring(900, 60, 9, 9)]}, 422, "fewer than 16"),
        (
            {"action": "add", "rings": [ring(60, 60, 20, 9), ring(180, 60, 20, 9)]},
            422,
            "several parts",
        ),
        ({"action": "outline", "nodule": 1, "mask": "!!"}, 422, "no PNG"),
        (
            {"action": "outline", "nodule": 1, "mask": base64.b64encode(png(size=(9, 9))).decode()},
            422,
            "240×180",
        ),
        ({"action": "outline", "nodule": 1}, 422, "rings or mask"),
        ({"action": "outline", "nodule": 1, "rings": [[[1, 1], [2, 2]]]}, 422, "at least 3"),
        ({"action": "remove", "nodule": 3}, 404, "no nodule 3"),
        (
            {"action": "attributes", "nodule": 1, "attributes": {"foci": ["none", "punctate"]}},
            422,
            "none alone",
        ),
        ({"action": "attributes", "nodule": 1, "attributes": {"colour": "red"}}, 422, "colour"),
        ({"action": "explode"}, 422, "explode"),
    ],
)  # fmt: skip
def test_changes_that_cannot_be_change_nothing(
    client: TestClient, change: dict[str, object], status: int, what: str
) -> None:
    _, _, frame = analyzed(client)
    answer = client.post(f"{frame}/changes", json={"base": 0, "change": change})
    assert what in is_problem(answer, status)
    assert client.get(frame).json()["version"] == 0


def test_a_nodule_that_is_added_to_a_cine_is_one_of_its_own(
    client: TestClient, tmp_path: Path
) -> None:
    frames = np.stack([scan((70, 90, 30, 20), seed=n) for n in range(3)])
    save(tmp_path / "cine.dcm", ultrasound(frames))
    _, _, frame = analyzed(client, (tmp_path / "cine.dcm").read_bytes())
    one = corrected(client, frame, 0, action="add", rings=[ring(180, 90, 20, 15)])
    two = corrected(
        client, frame.removesuffix("0") + "1", 0, action="add", rings=[ring(180, 90, 20, 15)]
    )
    tracks = [state["finding"]["nodules"][-1]["track"] for state in (one, two)]
    assert [track["id"] for track in tracks] == [2, 3]
    assert tracks[1] == {
        "id": 3, "key": ["largest"], "first": 1, "last": 1, "frames": 1, "analyzed": 3,
    }  # fmt: skip
