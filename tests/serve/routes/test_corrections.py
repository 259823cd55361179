from __future__ import annotations

from starlette.testclient import TestClient

from nodulens.serve.masks import draw_rings
from tests.serve.place import analyzed, corrected, is_problem, ring


def test_history_names_who_did_what_with_what(client: TestClient) -> None:
    _, _, frame = analyzed(client)
    corrected(client, frame, 0, action="outline", nodule=1, rings=[ring(120, 90, 40, 25)])
    corrected(client, frame, 1, action="judge", nodule=1, verdict="accepted")
    first, second = client.get(f"{frame}/changes").json()
    assert (first["version"], first["action"], first["tool"]) == (1, "outline", "polygon")
    assert (first["author"], first["nodule"], first["restored"]) == ("A. Reader", 1, None)
    assert (second["action"], second["verdict"]) == ("judge", "accepted")
    assert first["verdict"] is None
    assert first["at"] <= second["at"]


def test_two_who_edit_at_once_do_not_overwrite_each_other(client: TestClient) -> None:
    _, _, frame = analyzed(client)
    mine = {"action": "outline", "nodule": 1, "rings": [ring(120, 90, 40, 25)]}
    corrected(client, frame, 0, **mine)
    late = {"base": 0, "change": {**mine, "rings": [ring(120, 90, 30, 20)]}}
    told = is_problem(client.post(f"{frame}/changes", json=late), 409)
    assert "load version 1" in told
    assert client.get(frame).json()["version"] == 1
    assert len(client.get(f"{frame}/changes").json()) == 1


def test_an_outline_is_made_better_without_being_stored(client: TestClient) -> None:
    _, _, frame = analyzed(client)
    before = client.get(frame).json()["finding"]["nodules"][0]["area_px"]

    def refined(**wanted: object) -> float:
        answer = client.post(f"{frame}/refine", json=wanted)
        assert answer.status_code == 200, answer.text
        return float(draw_rings(answer.json()["rings"], (180, 240)).sum())

    smaller = [ring(105, 90, 33, 29)]
    grown = refined(operation="clicks", rings=smaller, positive=[[160, 90]])
    assert 1.15 * draw_rings(smaller, (180, 240)).sum() < grown < 1.05 * before
    assert refined(operation="clicks", positive=[[120, 90]]) > 0.9 * before
    assert 0 < refined(operation="smooth", nodule=1, radius=4) <= 1.02 * before
    holed = [ring(120, 90, 50, 30), ring(120, 90, 10, 10)]
    assert refined(operation="fill", rings=holed) > draw_rings(holed, (180, 240)).sum() + 250
    assert client.get(frame).json()["version"] == 0


def test_wishes_that_cannot_be_are_refused(client: TestClient) -> None:
    _, _, frame = analyzed(client)
    for wish, status in (
        ({"operation": "clicks"}, 422),
        ({"operation": "smooth"}, 422),
        ({"operation": "clicks", "positive": [[9999, 5]]}, 422),
        ({"operation": "fill", "nodule": 9}, 404),
        ({"operation": "fill", "nodule": 1, "rings": [ring(50, 50, 9, 9)]}, 422),
        ({"operation": "paint", "nodule": 1}, 422),
    ):
        is_problem(client.post(f"{frame}/refine", json=wish), status)
