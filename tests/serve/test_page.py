from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from nodulens.serve.page import STATIC, add_page
from nodulens.serve.problems import answer_problems
from nodulens.serve.security import Guard
from nodulens.serve.settings import Settings
from tests.serve.place import HOST, is_problem

MOST_BYTES = 400_000
"""Of all that a browser loads, compressed."""
HOW = "run `make page`, which needs Node.js, and commit what it built"


class Tags(HTMLParser):
    """Collects the tags of a page, and the text inside of each kind."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts[self._open] = self.texts.get(self._open, "") + data.strip()


@pytest.fixture(scope="module")
def tags() -> Tags:
    page = STATIC / "index.html"
    assert page.is_file(), f"the built page is missing: {HOW}"
    return Tags(page.read_text("utf-8"))


def test_the_page_loads_what_lies_beside_it_and_nothing_else(tags: Tags) -> None:
    named = {
        value
        for _, attributes in tags.found
        for name, value in attributes.items()
        if name in ("src", "href") and value != "data:,"
    }
    built = {f"/assets/{path.name}" for path in (STATIC / "assets").iterdir()}
    # Nothing is left of an earlier build, whose files have other names.
    assert named == built
    assert {path.suffix for path in (STATIC / "assets").iterdir()} == {".js", ".css"}


def test_the_page_runs_under_its_policy(tags: Tags) -> None:
    assert not tags.texts.get("script")
    assert "style" not in tags.texts
    for tag, attributes in tags.found:
        inline = [name for name in attributes if name == "style" or name.startswith("on")]
        assert inline == [], tag
    for style in STATIC.rglob("*.css"):
        loaded = re.findall(r"url\(([^)]*)\)|@import", style.read_text("utf-8"))
        assert [one for one in loaded if not one.strip("'\"").startswith("data:")] == []


def test_the_page_is_small() -> None:
    files = [path for path in STATIC.rglob("*") if path.is_file()]
    # Level 6 is what servers and proxies use.
    assert sum(len(gzip.compress(path.read_bytes(), 6)) for path in files) < MOST_BYTES


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
