from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nodulens.data.manifest import Row
from nodulens.evaluation.evaluate import evaluate_segmentation
from nodulens.evaluation.per_image import score_image
from nodulens.evaluation.report import WorstCases, draw_outlines
from nodulens.evaluation.segmentation import Mask
from nodulens.finding import NOTICE, Frame
from tests.evaluation.tags import Tags


def ellipse(x: float, y: float, width: float, height: float) -> Mask:
    rows, columns = np.mgrid[:120, :180]
    inside = ((columns - x) / (width / 2)) ** 2 + ((rows - y) / (height / 2)) ** 2 <= 1
    return np.asarray(inside, dtype=np.bool_)


NODULE = ellipse(90, 60, 60, 40)
PIXELS = np.random.default_rng(0).integers(0, 200, NODULE.shape).astype(np.uint8)
SKY_BLUE, ORANGE = np.array([0x56, 0xB4, 0xE9]), np.array([0xE6, 0x9F, 0x00])


@pytest.fixture
def page(folder: Path, tmp_path: Path, add_image: Callable[..., Row], plain_reader: None) -> str:
    rows = [
        add_image("<script>alert(1)</script>", ellipse(60, 60, 60, 40)),
        add_image('" onerror="alert(2)', ellipse(80, 60, 60, 40)),
        add_image("<img src=https://example.org/x.png>", NODULE),
        add_image("fine", NODULE),
    ]

    def segment(row: Row, frame: Frame) -> Mask:
        if row.id.startswith("<img"):
            raise RuntimeError("<b>bold</b>")
        return NODULE

    configuration = {"model": "</pre><script>alert(3)</script>"}
    evaluate_segmentation(
        folder, rows, segment, tmp_path / "out", configuration=configuration, draws=20
    )
    return (tmp_path / "out" / "worst_cases.html").read_text(encoding="utf-8")


def test_names_are_escaped(page: str) -> None:
    parser = Tags()
    parser.feed(page)
    assert parser.open == []
    assert {tag for tag, _ in parser.tags}.isdisjoint({"script", "b", "link", "iframe"})
    for _, attributes in parser.tags:
        assert not any(name.startswith("on") for name in attributes)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page


def test_page_stands_alone(page: str) -> None:
    parser = Tags()
    parser.feed(page)
    images = [attributes["src"] or "" for tag, attributes in parser.tags if tag == "img"]
    assert len(images) == 3
    assert all(source.startswith("data:image/jpeg;base64,") for source in images)
    assert not any("href" in attributes for _, attributes in parser.tags)
    # Escaped text may name an address; nothing outside of it does.
    assert "url(" not in page
    assert "@import" not in page
    assert "http://" not in re.sub("&lt;.*?&gt;", "", page)
    assert "https://" not in re.sub("&lt;.*?&gt;", "", page)
    assert NOTICE in page


def test_the_worst_are_kept_in_order() -> None:
    worst = WorstCases(limit=3)
    names = {"m": 90, "far": 135, "near": 95, "edge": 150, "mid": 110, "again": 135}
    for name, x in names.items():
        truth = ellipse(x, 60, 40, 40)
        row = Row(id=name, image="a", group="a", width=180, height=120, sha256="0" * 64)
        frame = Frame(PIXELS, "a", "0" * 64)
        prediction = ellipse(90, 60, 40, 40)
        worst.add(score_image(row, frame, prediction, truth), frame.pixels, prediction, truth)
    cases = worst.cases()
    # Three have no overlap: they stand in the order in which they came.
    assert [case.scores.id for case in cases] == ["far", "edge", "again"]
    assert [case.width for case in cases] == [480] * 3


def test_outlines_lie_on_the_edges_of_the_masks() -> None:
    pixels = np.zeros((120, 180), dtype=np.uint8)
    truth, prediction = np.zeros((2, 120, 180), dtype=bool)
    truth[20:60, 30:90] = True
    prediction[70:120, 100:180] = True  # reaches the picture's corner
    picture = np.asarray(draw_outlines(pixels, prediction, truth)).astype(int)
    assert picture.shape == (320, 480, 3)
    scale = 480 / 180

    def colours(x: float, y: float) -> np.ndarray:
        column, row = round(x * scale), round(y * scale)
        return picture[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3].reshape(-1, 3)

    def shows(patch: np.ndarray, colour: np.ndarray) -> bool:
        return bool((np.abs(patch - colour).max(axis=1) < 90).any())

    for x, y in ((60, 20), (60, 60), (30, 40), (90, 40)):
        assert shows(colours(x, y), SKY_BLUE)
        assert not shows(colours(x, y), ORANGE)
    for x, y in ((140, 70), (100, 100), (179, 100), (140, 119)):
        assert shows(colours(x, y), ORANGE)
    assert picture[40 * 320 // 120, 60 * 480 // 180].max() < 10  # inside nothing is painted


def test_empty_masks_leave_the_picture_as_it_is() -> None:
    empty = np.zeros((120, 180), dtype=bool)
    picture = np.asarray(draw_outlines(PIXELS, empty, empty))
    assert (picture[..., 0] == picture[..., 1]).all()
    assert (picture[..., 1] == picture[..., 2]).all()
