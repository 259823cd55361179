from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from nodulens.serve.page import add_page
from nodulens.serve.problems import answer_problems
from nodulens.serve.security import Guard
from nodulens.serve.settings import Settings
from tests.serve.place import HOST, is_problem


def page_of(static: Path) -> TestClient:
    """Return a server of a page alone, behind the guard and without a token."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    answer_problems(app)
    add_page(app, static)
    settings = Settings(data=Path("unused"), token="a-token-of-some-length")
    return TestClient(Guard(app, settings), base_url=HOST, raise_server_exceptions=False)


@pytest.fixture
def built(tmp_path: Path) -> TestClient:
    (tmp_path / "static" / "assets").mkdir(parents=True)
    (tmp_path / "static" / "index.html").write_text("<!doctype html><title>Nodulens</title>")
    (tmp_path / "static" / "assets" / "index-1a2b.js").write_text("export {};\n")
    (tmp_path / "static" / "secret").write_text("of nobody")
    (tmp_path / "static" / "assets" / "out.js").symlink_to(tmp_path / "static" / "secret")
    return page_of(tmp_path / "static")


def test_the_page_opens_without_the_token_and_is_asked_for_anew_each_time(
    built: TestClient,
) -> None:
    answer = built.get("/")
    assert answer.text.startswith("<!doctype html>")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    head = built.head("/")
    assert (head.status_code, head.content) == (200, b"")
    is_problem(built.get("/api/studies"), 401)


def test_what_the_page_loads_is_kept_by_the_browser(built: TestClient) -> None:
    answer = built.get("/assets/index-1a2b.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    again = built.get("/assets/index-1a2b.js", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    assert "immutable" in again.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    ["../secret", "%2e%2e/secret", "..%2fsecret", "%2e%2e%2fsecret", "out.js", "", "none.js"],
)
def test_nothing_beside_the_assets_is_served(built: TestClient, path: str) -> None:
    answer = built.get(f"/assets/{path}")
    # What a client makes of dots it may; the guard and the static files see the rest.
    assert answer.status_code in (401, 404)
    assert "of nobody" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_a_page_that_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    client = page_of(tmp_path / "static")
    assert "make page" in is_problem(client.get("/"), 503)
    is_problem(client.get("/assets/index.js"), 404)
