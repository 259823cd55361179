from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nodulens.data.manifest import Row
from nodulens.errors import BadData
from nodulens.evaluation.benchmark.collect import Result
from nodulens.evaluation.benchmark.page import Part, worst_images, write_benchmark
from nodulens.finding import NOTICE
from tests.evaluation.tags import Tags

EVIL = '<script>alert(1)</script> "$a_b&'


@pytest.fixture
def parts(outline: Callable[..., Result], answer: Callable[..., Result]) -> list[Part]:
    outlines = [replace(outline("a", 2), name=EVIL), outline("b", 6)]
    judged = [answer("c", 0.2), answer("d", 0.4)]
    return [
        Part("segmentation", "Outlines <i>", outlines, outlines[1]),
        Part("classification", "2–3 | 4a–5", judged, judged[0]),
    ]


def test_a_page_that_stands_alone(parts: list[Part], rows: list[Row], tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_benchmark("T & U", parts, out, rows)
    page = (out / "index.html").read_text("utf-8")
    parser = Tags()
    parser.feed(page)
    assert parser.open == []
    assert {tag for tag, _ in parser.tags}.isdisjoint({"script", "link", "iframe", "object"})
    targets = [
        str(attributes[name])
        for _, attributes in parser.tags
        for name in ("href", "src", "xlink:href")
        if name in attributes
    ]
    ids = {attributes["id"] for _, attributes in parser.tags if "id" in attributes}
    assert "../a/worst_cases.html" in targets
    for target in targets:
        if target.startswith("#"):
            assert target[1:] in ids
        else:
            assert (out / target).is_file(), target
    assert "://" not in page
    assert str(tmp_path) not in page
    assert NOTICE in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    for tag, attributes in parser.tags:
        if tag == "th":
            assert attributes["scope"] in ("row", "col")


def test_files_beside_the_page(parts: list[Part], tmp_path: Path) -> None:
    tables = write_benchmark("T", parts, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "index.html",
        "columns.csv",
        "checklists.md",
        *(f"segmentation-outlines-i.{kind}" for kind in ("csv", "md", "tex")),
        *(f"classification-2-3-4a-5.{kind}" for kind in ("csv", "md", "tex")),
    }
    with (tmp_path / "out" / "columns.csv").open(newline="", encoding="utf-8") as stream:
        legend = list(csv.DictReader(stream))
    assert len(legend) == sum(len(table.columns) for table in tables)


def test_the_same_study_gives_the_same_page(parts: list[Part], tmp_path: Path) -> None:
    pages = []
    for _ in range(2):
        write_benchmark("T", parts, tmp_path / "out")
        pages.append((tmp_path / "out" / "index.html").read_bytes())
    assert pages[0] == pages[1]


def test_pages_far_away_are_not_linked(parts: list[Part], tmp_path: Path) -> None:
    write_benchmark("T", parts, tmp_path / "deep" / "out")
    assert "worst_cases" not in (tmp_path / "deep" / "out" / "index.html").read_text("utf-8")


def test_the_worst_by_the_mean_over_networks(parts: list[Part]) -> None:
    results = parts[0].results
    worst = worst_images(results)
    means = [sum(image["dices"]) / 2 for image in worst]
    assert means == sorted(means)
    own = [result.numbers("dice")[worst[0]["id"]] for result in results]
    assert worst[0]["dices"] == own


def test_nothing_is_written_where_images_differ(
    outline: Callable[..., Result], rows: list[Row], tmp_path: Path
) -> None:
    results = [outline("a", 2), outline("b", 2, rows=rows[1:])]
    with pytest.raises(BadData, match="not of the same images"):
        write_benchmark("T", [Part("segmentation", "S", results, results[0])], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_two_tables_with_one_file_name(parts: list[Part], tmp_path: Path) -> None:
    twin = replace(parts[0], title="Outlines /i/")
    with pytest.raises(BadData, match="segmentation-outlines-i, as another table's"):
        write_benchmark("T", [parts[0], twin], tmp_path / "out")
