from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from nodulens.serve.security import COOKIE, Guard, host_name, is_token, session_of
from nodulens.serve.settings import Settings
from tests.serve.place import is_problem

TOKEN = "a-token-of-some-length"


def guarded(**changes: object) -> TestClient:
    app = FastAPI()

    @app.api_route("/api/things", methods=["GET", "POST"])
    def things() -> list[int]:
        return [1]

    @app.get("/api/health")
    def health() -> str:
        return "ok"

    settings = Settings(**{"data": "unused", **changes})  # type: ignore[arg-type]
    return TestClient(Guard(app, settings), base_url="http://127.0.0.1")


@pytest.mark.parametrize(
    ("host", "fine"),
    [
        ("127.0.0.1:8631", True), ("localhost", True), ("LOCALHOST:1", True), ("[::1]:80", True),
        ("attacker.example", False), ("127.0.0.1.attacker.example", False), ("localhost.", False),
        ("", False), ("127.0.0.1:80@evil", False), ("127.0.0.1:", False), ("[::1", False),
        ("radiology-pc", True), ("192.168.1.5", False),
    ],
)  # fmt: skip
def test_names_of_others_do_not_lead_here(host: str, fine: bool) -> None:
    answer = guarded(hosts=("Radiology-PC",)).get("/api/things", headers={"host": host})
    if fine:
        assert answer.status_code == 200
    else:
        assert "--allow-host" in is_problem(answer, 400)


@pytest.mark.parametrize(
    ("headers", "fine"),
    [
        ({}, True),
        ({"origin": "http://127.0.0.1"}, True),
        ({"origin": "http://127.0.0.1:3000"}, False),
        ({"origin": "https://attacker.example"}, False),
        ({"origin": "null"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
    ],
)
def test_pages_of_others_cannot_send_forms_here(headers: dict[str, str], fine: bool) -> None:
    answer = guarded().post("/api/things", headers=headers)
    if fine:
        assert answer.status_code == 200
    else:
        assert "another site" in is_problem(answer, 403)
    # Reading is up to the browser, to which no CORS header gives leave.
    read = guarded().get("/api/things", headers=headers)
    assert read.status_code == 200
    assert not [name for name in read.headers if name.startswith("access-control")]


def test_without_the_token_nothing_is_told() -> None:
    client = guarded(token=TOKEN)
    assert "Bearer" in is_problem(client.get("/api/things"), 401)
    for given in ("Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer", "Bearer é"):
        headers = {"authorization": given.encode("latin-1")}
        is_problem(client.get("/api/things", headers=headers), 401)  # type: ignore[arg-type]
    assert client.get("/api/health").status_code == 200
    known = {"authorization": f"Bearer {TOKEN}"}
    assert client.get("/api/things", headers=known).json() == [1]
    cookie = {"cookie": f"{COOKIE}={session_of(TOKEN)}"}
    assert client.get("/api/things", headers=cookie).json() == [1]
    for wrong in (session_of("another-token-of-length"), TOKEN):
        is_problem(client.get("/api/things", headers={"cookie": f"{COOKIE}={wrong}"}), 401)


def test_every_answer_forbids_what_is_not_ours() -> None:
    client = guarded(token=TOKEN)
    for answer in (client.get("/api/health"), client.get("/api/things"), client.get("/none")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_a_host_is_read_as_it_must_be() -> None:
    assert host_name("[::1]:80") == "::1"
    assert host_name("a:b:80") is None
    assert is_token("é", "é")
    assert not is_token("", TOKEN)
