from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser

import pytest

from nodulens.serve.page import STATIC

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
