from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from nodulens.evaluation.benchmark.collect import Cost, Result
from nodulens.evaluation.benchmark.compare import compare
from nodulens.evaluation.benchmark.tables import Cell, Column, Table, build_table, judged_on
from nodulens.evaluation.evaluate import METRICS
from nodulens.evaluation.protocols import PROTOCOLS


def table(task: str, *results: Result) -> Table:
    return build_table(task, "T", results, compare(task, results, results[0]), results[0])


def cells(found: Table, row: str) -> dict[str, Cell]:
    return next(line.cells for line in found.lines if line.name == row)


def test_outlines(outline: Callable[..., Result]) -> None:
    cost = Cost(trainable=1_234_567, training_seconds=90, training_at_least=True)
    first, second = outline("a", 2), outline("b", 6, cost=cost)
    found = table("segmentation", first, second)
    names = ["a", "b", "whole-scan-area (never looks)", "centred-ellipse (never looks)"]
    assert [line.name for line in found.lines] == names
    assert [line.is_baseline for line in found.lines] == [False, False, True, True]
    metrics = first.metrics
    assert cells(found, "a")["dice"] == Cell(
        *(metrics["headline"]["dice"][end] for end in ("value", "low", "high"))
    )
    own = metrics["long_axis"]["absolute_error"]["value"]
    assert cells(found, "a")["long_axis_error"].value == pytest.approx(100 * own)
    for name in PROTOCOLS:
        assert (
            cells(found, "b")[f"{name}:dice"].value
            == (second.metrics["protocols"][name]["dice"]["value"])
        )
    assert (
        cells(found, names[2])["iou"].value
        == (metrics["baselines"]["whole-scan-area"]["iou"]["value"])
    )
    assert cells(found, "a")["dice_difference"] == Cell()
    difference = cells(found, "b")["dice_difference"].value
    assert difference is not None
    dice = [found.metrics["headline"]["dice"]["value"] for found in (first, second)]
    assert difference == pytest.approx(dice[1] - dice[0], abs=2e-6)
    minutes = next(column for column in found.columns if column.key == "training_minutes")
    assert minutes.shown(cells(found, "b")["training_minutes"]) == "≥ 1.5"
    trainable = next(column for column in found.columns if column.key == "trainable_parameters")
    assert trainable.shown(cells(found, "b")["trainable_parameters"]) == "1,234,567"
    # Only the one of which something is known stands among the costs.
    assert [line.name for line in found.lines_of([minutes])] == ["b"]


def test_every_column_has_its_protocol(
    outline: Callable[..., Result], answer: Callable[..., Result]
) -> None:
    costs = Cost(1, 2, 3.0, False, 0.1, 100.0, 1, 2)
    first, other = outline("a", 2, cost=costs), outline("b", 6, cost=costs)
    for found in (
        table("segmentation", first, other),
        table("classification", answer("c", 0.2), answer("d", 0.4)),
    ):
        for column in found.columns:
            assert len(column.protocol) > 15, column.key
            assert "{" not in column.protocol, column.key
            assert "None" not in column.protocol, column.key
    latency = next(c for c in table("segmentation", first, other).columns if c.key == "latency_ms")
    assert "1 thread of a machine with 2 processors" in latency.protocol


def test_probabilities_beside_the_constant_answers(answer: Callable[..., Result]) -> None:
    first, second = answer("a", 0.2), answer("b", 0.4, threshold=0.6)
    found = table("classification", first, second)
    figures = {c.key for c in found.columns} & first.metrics["metrics"].keys()
    assert figures == first.metrics["metrics"].keys() - {"accuracy"}
    for name in ("always-suspicious", "always-benign", "prevalence"):
        for key in figures:
            value = first.metrics["metrics"][key]["baselines"][name]["value"]
            assert cells(found, f"{name} (never looks)")[key].value == value
    for key in figures:
        assert cells(found, "b")[key].value == second.metrics["metrics"][key]["value"]
    assert any("threshold of a, 0.500" in note for note in found.notes)


def test_older_evaluations_lack_the_long_axis(outline: Callable[..., Result]) -> None:
    result = outline("a", 2)
    del result.metrics["long_axis"]
    assert not any(c.key.startswith("long_axis") for c in table("segmentation", result).columns)


def test_pixels_only_where_no_scale_is_known(outline: Callable[..., Result]) -> None:
    result = outline("a", 2)
    assert "hausdorff_95_px" not in {c.key for c in table("segmentation", result).columns}
    result.metrics["metrics"]["hausdorff_95_mm"]["value"] = None
    keys = {c.key for c in table("segmentation", result).columns}
    assert "hausdorff_95_px" in keys
    assert "hausdorff_95_mm" not in keys


@pytest.mark.parametrize(
    ("cell", "digits", "text"),
    [
        (Cell(), 3, "–"),
        (Cell(0.5, 0.25, 0.75), 2, "0.50 [0.25, 0.75]"),
        (Cell(-0.0004, -0.0306, 0.02), 3, "0.000 [−0.031, 0.020]"),
        (Cell(0.0004), -1, "<0.001"),
        (Cell(0.0126), -1, "0.013"),
        (Cell(1234.5, at_least=True), 0, "≥ 1,234"),
    ],
)
def test_figures_as_text(cell: Cell, digits: int, text: str) -> None:
    assert Column("k", "t", "p", "x", digits).shown(cell) == text


@pytest.mark.parametrize(
    ("configuration", "text"),
    [
        ({}, "unknown models, rows not recorded"),
        ({"models": [{}], "rows": "fold", "fold": 2}, "1 model, fold 2"),
        ({"models": [{}], "rows": "all"}, "1 model, all images, seen in training or not"),
        (
            {"models": [{}, {}], "rows": "out of fold", "regions_from": [{}]},
            "2 models, out of fold, regions from predicted outlines",
        ),
    ],
)
def test_what_was_judged(
    outline: Callable[..., Result], configuration: dict[str, object], text: str
) -> None:
    result = outline("a", 2)
    assert (result.figures / METRICS).is_file()
    changed = replace(result, metrics=result.metrics | {"configuration": configuration})
    assert judged_on(changed) == text
