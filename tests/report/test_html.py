from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from nodulens.finding import NOTICE, Finding, TextUse, TiRads
from nodulens.report import html
from nodulens.report.html import write_index
from nodulens.report.pictures import write_pictures
from tests.report.findings import finding, pixels

COUNTS = {"frames": 2, "nodules": 2, "frames_without_nodule": 1, "errors": 1}


class Page(HTMLParser):
    """Collects tags, attributes that refer to something, and text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.references: list[str] = []
        self.text = ""
        self.source = path.read_text("utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.references += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def page(tmp_path: Path, *said: Finding) -> Page:
    models = [{"task": "segmentation", "name": "m", "version": "1", "sha256": "1" * 64}]
    write_index(tmp_path / "index.html", said, models, COUNTS)
    return Page(tmp_path / "index.html")


def test_a_page_shows_all_and_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    written = write_pictures(tmp_path, "a b#1", pixels(), finding("in/a b#1.png"))
    shown = page(
        tmp_path,
        written,
        finding("b.png", nodules=[]),
        Finding(source="c.png", error="it is broken"),
    )
    assert NOTICE in shown.text
    assert shown.tags.count("tr") == 4
    assert re.search(r"[56]\.\d × 3\.\d mm", shown.text)
    assert "0.75 ≥ 0.50: suspicious" in shown.text
    assert "it is broken" in shown.text
    assert "http" not in re.sub(r"data:image/jpeg;base64,[^\"]+", "", shown.source).replace(
        "http-equiv", ""
    )
    relative = [value for value in shown.references if not value.startswith("data:image/jpeg")]
    assert relative == ["overlays/a%20b%231.jpg"]
    assert len(shown.references) == 2


def test_text_from_files_stays_text(tmp_path: Path) -> None:
    nasty = '<img src=x onerror="alert(1)">&\'.png'
    shown = page(tmp_path, Finding(source=nasty, error="<script>alert(2)</script>", notes=["<b>"]))
    assert "img" not in shown.tags
    assert shown.tags.count("script") == 1
    assert nasty in shown.text
    assert "<script>alert(2)</script>" in shown.text


def test_pages_stay_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_THUMBNAILS", 3)
    written = write_pictures(tmp_path, "a", pixels(), finding("a.png"))
    shown = page(tmp_path, *[written] * 5)
    assert shown.tags.count("img") == 3
    assert shown.references.count("overlays/a.jpg") == 5
    # A thumbnail is what a row costs.
    assert len(shown.source) < 20_000 + 5 * 14_000


def test_words_are_shown_with_what_they_led_to(tmp_path: Path) -> None:
    used = TextUse(given="<b>left", used="<b>left", origin="argument")
    unused = TextUse(given="the weather", used="thyroid nodule", origin="argument")
    none = TextUse(given="none", used=None, origin="argument")
    shown = page(tmp_path, finding("a.png", text=used))
    assert "outlined with the words “<b>left”" in shown.text
    assert "not used" not in shown.text
    shown = page(tmp_path, finding("a.png", text=unused))
    assert "outlined with the words “thyroid nodule”" in shown.text
    assert "text, not used: “the weather”" in shown.text
    for agreement, said in (
        (["changed", "nothing agrees"], "heeded for size and place alone"),
        (["agrees"], "heeded for size and place alone"),
        (["nothing agrees"], "not used"),
    ):
        chose = TextUse(given="small", used=None, origin="argument", agreement=agreement)
        assert f"text, {said}: “small”" in page(tmp_path, finding("a.png", text=chose)).text
    shown = page(tmp_path, finding("a.png", text=none))
    assert "outlined without words, as asked" in shown.text
    assert "outlined with" not in page(tmp_path, finding("a.png")).text


@pytest.mark.parametrize(
    ("probability", "threshold", "shown"),
    [
        (0.838, 0.842, "0.838 < 0.842: benign"),
        (0.8399996, 0.84, "0.8399996 < 0.8400000: benign"),
        (0.84, 0.84, "0.84 ≥ 0.84: suspicious"),
        (0.8, 0.84, "0.80 < 0.84: benign"),
    ],
)
def test_digits_tell_a_probability_from_its_threshold(
    tmp_path: Path, probability: float, threshold: float, shown: str
) -> None:
    said = finding("a.png")
    for nodule in said.nodules:
        assert nodule.malignancy is not None
        nodule.malignancy = nodule.malignancy.model_copy(
            update={
                "probability": probability,
                "threshold": threshold,
                "decision": "suspicious" if probability >= threshold else "benign",
            }
        )
    assert shown in page(tmp_path, said).text


@pytest.mark.parametrize(
    ("levels", "shown"),
    [
        (["TR3"], "TR3"),
        (["TR1", "TR2"], "TR1 to TR2"),
        (["TR3", "TR4", "TR5"], "TR3 to TR5"),
        (["TR1", "TR3"], "TR1 or TR3"),
        (["TR1", "TR4", "TR5"], "TR1 or TR4 or TR5"),
    ],
)
def test_levels_with_a_gap_are_shown_as_they_are(
    tmp_path: Path, levels: list[str], shown: str
) -> None:
    tirads = TiRads(points=(0, 7), levels=levels, by_category={}, missing=[], recommendations=None)
    said = finding("a.png")
    for nodule in said.nodules:
        nodule.tirads = tirads
    text = page(tmp_path, said).text
    assert f"{shown}\n0–7 points" in text
