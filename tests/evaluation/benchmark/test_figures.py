from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from nodulens.evaluation.benchmark.collect import Result
from nodulens.evaluation.benchmark.figures import (
    Figure,
    bland_altman,
    classification_figures,
    segmentation_figures,
)


@pytest.fixture
def figures(outline: Callable[..., Result], answer: Callable[..., Result]) -> list[Figure]:
    odd = replace(outline("a", 2), name="$x^2 <b> & 'c'")
    return [
        *segmentation_figures([odd, outline("b", 6)]),
        *classification_figures([answer("c", 0.2), answer("d", 0.4)]),
    ]


def test_drawings_stand_alone_in_the_pages_ink(figures: list[Figure]) -> None:
    assert [figure.title for figure in figures] == [
        "Dice of all images",
        "Long axis: predicted against drawn",
        "ROC",
        "Calibration",
    ]
    for figure in figures:
        # xlink is known to HTML; a reader of XML must be told.
        tree = ET.fromstring(figure.svg.replace("<svg", '<svg xmlns:xlink="x"', 1))
        assert tree.tag == "svg"
        assert "://" not in figure.svg
        assert "currentColor" in figure.svg
        assert "#000000" not in figure.svg


def test_marks_of_several_drawings_do_not_meet(figures: list[Figure]) -> None:
    names = [re.findall(r'\bid="([^"]+)"', figure.svg) for figure in figures]
    every = [name for found in names for name in found]
    assert len(every) == len(set(every))
    for figure, found in zip(figures, names, strict=True):
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', figure.svg)) <= set(found)


def test_a_name_is_drawn_as_it_stands(figures: list[Figure]) -> None:
    assert "$x^2 &lt;b&gt; &amp; 'c'" in figures[0].svg


def test_the_same_results_give_the_same_drawing(outline: Callable[..., Result]) -> None:
    result = outline("a", 2)
    assert segmentation_figures([result]) == segmentation_figures([result])


def test_bland_altman_in_millimetres_and_else_in_pixels(outline: Callable[..., Result]) -> None:
    result = outline("a", 2)
    (figure,) = bland_altman([result])
    lines = [line for line in result.images.values() if line["long_axis_true_mm"]]
    away = [
        float(line["long_axis_predicted_mm"]) - float(line["long_axis_true_mm"]) for line in lines
    ]
    assert f"4 nodules, bias {np.mean(away):.2f} mm".replace("-", "−") in figure.caption
    for line in result.images.values():
        line["long_axis_true_mm"] = ""
    assert "8 nodules" in bland_altman([result])[0].caption
    assert " px" in bland_altman([result])[0].caption
    for line in result.images.values():
        del line["long_axis_true_px"]
    assert bland_altman([result]) == []


def test_captions_tell_what_a_drawing_shows(figures: list[Figure]) -> None:
    for figure, word in zip(figures, ("median", "limits", "AUC 0.", "error 0."), strict=True):
        assert figure.caption.count(word) >= 2
