from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nodulens.evaluation.evaluate import evaluate_classification
from nodulens.finding import NOTICE


class Page(HTMLParser):
    """Collects tags and the text of table rows, and checks that tags close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def row(self, *start: str) -> list[str]:
        (found,) = [row for row in self.rows if row[: len(start)] == list(start)]
        return found


def write(out: Path, **changes: Any) -> tuple[dict[str, Any], str]:
    generator = np.random.default_rng(1)
    truth = np.arange(90) % 3 > 0
    arguments: dict[str, Any] = {
        "ids": [f"{i}_1" for i in range(90)],
        "groups": [str(i // 2) for i in range(90)],
        "labels": ["suspicious" if is_so else "benign" for is_so in truth],
        "probabilities": np.clip(0.4 + 0.3 * truth + 0.2 * generator.normal(size=90), 0, 1),
        "subgroups": [{"tirads": "5" if i % 3 else "<b>2</b>", "size": "small"} for i in range(90)],
        "folds": [i // 2 % 5 for i in range(90)],
        "configuration": {"model": "</pre><script>alert(3)</script>"},
        "draws": 50,
    }
    metrics = evaluate_classification(out=out, **(arguments | changes))
    return metrics, (out / "classification.html").read_text("utf-8")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    return write(tmp_path_factory.mktemp("out"))


def test_the_page_stands_alone_and_shows_the_notice(written: tuple[dict[str, Any], str]) -> None:
    _, text = written
    page = Page(text)
    assert NOTICE in text
    for _, attributes in page.tags:
        assert not {"href", "src", "srcset", "xlink:href"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)
    assert not re.search(r"https?:|//\w|url\(|@import", text)


def test_names_are_escaped(written: tuple[dict[str, Any], str]) -> None:
    page = Page(written[1])
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "b", "link", "iframe"})
    assert page.row("tirads", "5")[2] == "60"
    assert ["", "<b>2</b>", "30", "0"] in [row[:4] for row in page.rows]


def test_figures_are_those_of_the_metrics_file(written: tuple[dict[str, Any], str]) -> None:
    metrics, text = written
    page = Page(text)
    auc = metrics["metrics"]["auc"]
    assert page.row("auc")[1] == f"{auc['value']:.3f} [{auc['low']:.3f}, {auc['high']:.3f}]"
    assert page.row("auc")[2:] == ["0.500"] * 3
    confusion = metrics["confusion"]
    assert page.row("is benign")[1:] == [
        str(confusion[name]) for name in ("false_positives", "true_negatives")
    ]
    # A group of one class has no AUC: a dash, not a zero.
    assert page.row("tirads", "5")[4] == "–"
    small = metrics["subgroups"]["size"]["small"]
    assert page.row("size", "small")[4].startswith(f"{small['auc']['value']:.3f}")
    for line in metrics["deferral"]:
        cells = page.row(f"{100 * line['error']:.1f} %")
        counts = line["counts"]
        assert cells[1].endswith(f"{counts['deferred']} of 90")
        assert cells[4].endswith(f"{counts['negatives_covered']} of 30")


def test_curves_are_drawn_to_scale(written: tuple[dict[str, Any], str]) -> None:
    metrics, text = written
    lines = [
        np.array([point.split(",") for point in (attributes["points"] or "").split()], float)
        for tag, attributes in Page(text).tags
        if tag == "polyline"
    ]
    roc, bins = ((line - [40, 250]) / [240, -240] for line in lines)
    assert roc[0].tolist() == [0, 0]
    assert roc[-1].tolist() == [1, 1]
    area = np.trapezoid(roc[:, 1], roc[:, 0])
    assert area == pytest.approx(metrics["metrics"]["auc"]["value"], abs=0.005)
    wanted = [
        (line["mean_probability"], line["share_positive"])
        for line in metrics["calibration"]["reliability"]
    ]
    np.testing.assert_allclose(bins, wanted, atol=0.001)


def test_the_same_answers_give_the_same_page(
    tmp_path: Path, written: tuple[dict[str, Any], str]
) -> None:
    assert write(tmp_path)[1] == written[1]


def test_what_is_not_known_is_left_out(tmp_path: Path) -> None:
    metrics, text = write(tmp_path, subgroups=None, folds=None)
    assert (metrics["subgroups"], metrics["deferral"]) == ({}, None)
    Page(text)
    assert "Subgroups" not in text
    assert "Leaving" not in text
