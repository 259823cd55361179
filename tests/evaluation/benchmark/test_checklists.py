from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from importlib import resources

import pytest

from nodulens.data.manifest import Row
from nodulens.evaluation.benchmark.checklists import (
    AUTHORS,
    Checklist,
    facts,
    fill_checklists,
    markdown,
)
from nodulens.evaluation.benchmark.collect import Result
from nodulens.evaluation.benchmark.page import Part
from nodulens.finding import NOTICE

RECIPE = {
    "name": "tiny",
    "task": "segmentation",
    "description": "a small one",
    "network": {"name": "unet", "options": {"pretrained": True, "encoder": "e0"}},
    "input": {"height": 64, "width": 96},
    "training": {"epochs": 3, "iterations": None, "keep": "last"},
    "objective": {"flip": True},
    "augmentation": {"flip": 0.5, "rotation": 0.0},
}


def fill(results: list[Result], rows: list[Row]) -> list[Checklist]:
    part = Part(results[0].metrics["task"], "T", results, results[0])
    return fill_checklists([part.table()], results, rows)


@pytest.fixture
def result(outline: Callable[..., Result]) -> Result:
    found = outline("a", 2)
    found.metrics["configuration"]["models"] = [{"run": "fold0", "recipe": RECIPE}]
    run = {"versions": {"torch": "9.9"}, "images": {"training": 4, "validation": 1}}
    return replace(found, runs=(run,))


def answers(checklist: Checklist) -> dict[str, str]:
    return {item.item: item.answer for item in checklist.items}


def test_the_lists_are_whole(result: Result) -> None:
    claim, tripod = fill([result], [])
    assert [item.item for item in claim.items] == [str(number) for number in range(1, 45)]
    main = dict.fromkeys(int(item.item.rstrip("abcdefg")) for item in tripod.items)
    assert [*main] == [*range(1, 28)]


def test_every_fact_is_asked_for(result: Result) -> None:
    text = resources.files("nodulens.evaluation.benchmark").joinpath("checklists.toml")
    content = tomllib.loads(text.read_text("utf-8"))
    asked = {
        name
        for checklist in content["checklist"]
        for item in checklist["items"]
        for name in item.get("known", [])
    }
    assert asked == facts([], [result]).keys()


def test_what_the_study_knows(result: Result, rows: list[Row]) -> None:
    found = answers(fill([result], rows)[0])
    dice = result.metrics["headline"]["dice"]
    assert f"Dice {dice['value']:.3f} [{dice['low']:.3f}, {dice['high']:.3f}]" in found["37"]
    assert found["22"].startswith("a: unet (a small one).")
    assert "torch 9.9" in found["23"]
    assert "pretrained weights (e0)" in found["24"]
    assert found["25"] == "a: epochs 3. a: flip 0.5."
    assert "the last epoch" in found["26"]
    assert "one fold alone (checked)" in found["20"]
    assert "2 folds" in found["19"]
    assert "Fold 0: 4 images, 2 groups." in found["36"]
    assert "Licence: none & all." in found["7"]
    assert "200 draws" in found["29"]


def test_a_patient_in_two_folds_is_not_called_disjoint(result: Result, rows: list[Row]) -> None:
    rows[0].fold = 1
    assert answers(fill([result], rows)[0])["20"] == ""


def test_one_fold_is_called_one(result: Result, rows: list[Row]) -> None:
    alone = [row.model_copy(update={"fold": 0}) for row in rows]
    assert answers(fill([result], alone)[0])["19"].startswith("1 fold; ")


def test_figures_of_other_data_are_named(result: Result, rows: list[Row]) -> None:
    found = answers(fill([result], rows[1:])[0])["7"]
    assert "which these files do not describe: a." in found


def test_without_a_data_set_it_says_nothing_of_one(result: Result) -> None:
    found = answers(fill([result], [])[0])
    assert [found[item] for item in ("7", "13", "19", "20", "36")] == [""] * 5


def test_classifiers(answer: Callable[..., Result]) -> None:
    tripod = answers(fill([answer("c", 0.2), answer("d", 0.3)], [])[1])
    assert "40 of 60 images are suspicious" in tripod["13"]
    assert tripod["8a"] == "Predicted label: suspicious against benign."
    assert "positive from probability 0.500" in tripod["15"]
    assert "DeLong" in tripod["12e"]
    assert "AUC 0." in tripod["23a"]


def test_what_nobody_knows_is_for_the_authors(result: Result) -> None:
    claim, tripod = fill([result], [])
    unknown = {item.item for item in claim.unknown}
    # No file of a study can know these.
    assert {"2", "3", "4", "5", "6", "8", "11", "40", "41", "44"} <= unknown
    text = markdown([claim, tripod])
    assert text.count(AUTHORS) == len(claim.unknown) + len(tripod.unknown)
    assert f"For the authors: {', '.join(item.item for item in claim.unknown)}." in text
    assert NOTICE in text
