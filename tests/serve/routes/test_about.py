from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from nodulens.serve.security import COOKIE
from tests.bundles import segmenter_bundle
from tests.serve.place import is_problem, serving, settings_for

TOKEN = "a-token-of-some-length"


def test_health_tells_nothing_of_patients(client: TestClient) -> None:
    health = client.get("/api/health").json()
    assert health["status"] == "ok"
    assert set(health) == {"status", "version", "notice", "studies", "waiting", "pdf", "stow"}


def test_models_are_listed_with_their_cards(client: TestClient) -> None:
    models = {one["name"]: one for one in client.get("/api/models").json()}
    assert models["bright-blobs"]["task"] == "segmentation"
    assert models["both"]["labels"] == ["benign", "suspicious"]
    assert models["told-side"]["uses_text"]
    assert {name for name, one in models.items() if one["default"]} == {"bright-blobs", "both"}
    card = client.get("/api/models/bright-blobs/card").json()
    assert card["markdown"].startswith("# bright-blobs")
    assert card["html"].startswith("<h1>bright-blobs</h1>")
    for name in ("no-model", "..", "%2e%2e%2fetc"):
        is_problem(client.get(f"/api/models/{name}/card"), 404)


def test_a_broken_model_is_listed_as_such(tmp_path: Path, bundle_store: Path) -> None:
    store = tmp_path / "store"
    segmenter_bundle(store / "bright-blobs")
    segmenter_bundle(store / "broken", "broken")
    (store / "broken" / "model.onnx").write_bytes(b"no")
    with serving(settings_for(tmp_path / "data", store, classifier=None)) as client:
        models = {one["name"]: one for one in client.get("/api/models").json()}
        assert models["broken"]["problem"]
        assert str(store) not in models["broken"]["problem"]
        answer = client.post(
            "/api/studies", files=[("files", ("a", b"x"))], data={"asked": '{"segmenter":"broken"}'}
        )
        assert "cannot be used" in is_problem(answer, 422)


def test_a_session_is_a_cookie_that_scripts_cannot_read(tmp_path: Path, bundle_store: Path) -> None:
    with serving(settings_for(tmp_path, bundle_store, token=TOKEN)) as client:
        is_problem(client.get("/api/studies"), 401)
        is_problem(client.post("/api/session", json={"token": "wrong"}), 401)
        answer = client.post("/api/session", json={"token": TOKEN})
        assert answer.status_code == 204
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{COOKIE}=")
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        assert TOKEN not in cookie
        # The client sends it along from now on.
        assert client.get("/api/studies").status_code == 200


def test_reports_are_read(client: TestClient) -> None:
    text = "Solid hypoechoic nodule in the left lobe. No calcifications."
    understood = client.post("/api/text/parse", json={"text": text}).json()
    said = understood["descriptors"]
    assert (said["composition"], said["echogenicity"], said["side"]) == (
        "solid",
        "hypoechoic",
        "left",
    )
    assert said["foci"] == ["none"]
    is_problem(client.post("/api/text/parse", json={"text": "x" * 20_001}), 422)
