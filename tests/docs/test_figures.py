"""The figures that the documentation states are those of the committed metrics files."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "reference" / "figures.md"
RESULTS = ROOT / "runs" / "results"


def shown(estimate: dict[str, Any]) -> str:
    return f"{estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"


def metrics(name: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((RESULTS / name / "metrics.json").read_text("utf-8"))
    return result


@pytest.mark.parametrize("name", ["ddti-unet-lite0", "busi-unet-lite0"])
def test_outlines(name: str) -> None:
    found, text = metrics(name), PAGE.read_text("utf-8")
    for line in (found["headline"], *found["baselines"].values()):
        assert shown(line["dice"]) in text
        assert shown(line["iou"]) in text


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*/prompts.json")), ids=str)
def test_words(path: Path) -> None:
    text = (ROOT / "docs" / "explanation" / "do-words-help.md").read_text("utf-8")
    found = json.loads(path.read_text("utf-8"))
    assert found["configuration"]["rows"] == "out of fold"
    for kind, entry in found["prompts"].items():
        gain = shown(entry["gain_over_none"]) if kind != "none" else ""
        assert f"| `{kind}` | {shown(entry['dice'])} | {gain} |" in text


def test_ablation() -> None:
    text = (ROOT / "docs" / "explanation" / "do-words-help.md").read_text("utf-8")
    path = RESULTS / "qata-ablation" / "segmentation.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = {row["name"]: row for row in csv.DictReader(stream)}
    for name in ("whole", "without SSE", "without DATE", "without VLCM"):
        row = rows[name]
        cells = [interval(row, "dice"), ""]
        if row["dice_difference"]:
            # What is lost: the other way round.
            lost = {
                "lost": -float(row["dice_difference"]),
                "lost_low": -float(row["dice_difference_high"]),
                "lost_high": -float(row["dice_difference_low"]),
            }
            cells[1] = interval(lost, "lost")
        assert f"| {name} | {cells[0]} | {cells[1]} |" in text


def interval(row: Mapping[str, str | float], key: str) -> str:
    value, low, high = (float(row[name]) for name in (key, f"{key}_low", f"{key}_high"))
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def cascade() -> dict[str, Any]:
    """What the shipped malignancy bundle was measured to be, by kind of outlines."""
    path = RESULTS / "ddti-two-stage-2-3-or-4a-5" / "crossval.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found["classification"]["fusion"]


def test_malignancy() -> None:
    text = PAGE.read_text("utf-8")
    for outlines in cascade().values():
        for key in ("auc", "balanced_accuracy", "brier"):
            assert shown(outlines[key]) in text


def test_bundles_carry_the_same_figures() -> None:
    weights = ROOT / "weights"
    unet = json.loads((weights / "ddti-unet-lite0" / "bundle.json").read_text("utf-8"))
    assert unet["metrics"]["out-of-fold"]["metrics"] == metrics("ddti-unet-lite0")["metrics"]
    both = json.loads((weights / "ddti-malignancy" / "bundle.json").read_text("utf-8"))
    for outlines, found in cascade().items():
        assert both["metrics"][f"{outlines}-outlines"] == found


def test_no_figure_is_of_images_that_were_trained_on() -> None:
    for path in sorted(RESULTS.glob("ddti-*/metrics.json")):
        configuration = json.loads(path.read_text("utf-8"))["configuration"]
        assert configuration["rows"] == "out of fold", path
        assert sorted(model["fold"] for model in configuration["models"]) == [0, 1, 2, 3, 4]


def test_the_front_page_says_the_same() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert shown(metrics("ddti-unet-lite0")["headline"]["dice"]) in text
    assert shown(cascade()["unet-lite0"]["auc"]) in text
    told = json.loads((RESULTS / "ddti-words-unet-lite0" / "prompts.json").read_text("utf-8"))
    assert shown(told["prompts"]["oracle"]["dice"]) in text


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*/crossval.json")), ids=str)
def test_two_stages(path: Path) -> None:
    text = (ROOT / "docs" / "explanation" / "two-stages.md").read_text("utf-8")
    found = json.loads(path.read_text("utf-8"))
    columns = ("auc", "balanced_accuracy", "specificity_at_sensitivity_0.90", "f1", "brier")
    for system, by_outlines in found["classification"].items():
        for outlines, metrics in by_outlines.items():
            cells = " | ".join(shown(metrics[name]) for name in columns)
            assert f"| `{system}` | {outlines} | {cells} |" in text
            constant = metrics["f1"]["baselines"][f"always-{found['positive']}"]
            assert f"{constant['value']:.3f}" in text
    for stage in found["stages"]:
        lost = [-stage[key] for key in ("difference", "high", "low")]
        assert f"{lost[0]:.3f} [{lost[1]:.3f}, {lost[2]:.3f}]" in text


def test_attributes() -> None:
    text = (ROOT / "docs" / "explanation" / "two-stages.md").read_text("utf-8")
    path = RESULTS / "ddti-two-stage-2-3-or-4a-5" / "crossval.json"
    for name, skill in json.loads(path.read_text("utf-8"))["attributes"]["unet-lite0"].items():
        cells = f"{skill['accuracy']:.3f} | {skill['commonest']:.3f} | {shown(skill['gain'])}"
        assert f"| {name} | {skill['images']} | {cells} |" in text


def test_transunet_beside_the_u_net() -> None:
    page = (ROOT / "docs" / "explanation" / "two-stages.md").read_text("utf-8")
    with (RESULTS / "ddti-two-stage" / "segmentation.csv").open(encoding="utf-8") as stream:
        rows = {row["name"]: row for row in csv.DictReader(stream)}
    for name, network in (("U-Net", "unet-lite0"), ("TransUNet (small)", "transunet-small")):
        row = rows[name]
        cells = [
            f"{float(row[key]):.{digits}f} "
            f"[{float(row[key + '_low']):.{digits}f}, {float(row[key + '_high']):.{digits}f}]"
            for key, digits in (
                ("dice", 3), ("iou", 3), ("hausdorff_95_mm", 2), ("long_axis_error", 1)
            )
        ]  # fmt: skip
        assert f"| `{network}` | {' | '.join(cells)} |" in page
    row = rows["TransUNet (small)"]
    worse, least, most = (
        f"{-float(row[key]) + 0:.3f}"
        for key in ("dice_difference", "dice_difference_high", "dice_difference_low")
    )
    assert f"worse by {worse} [{least}, {most}] in Dice" in page
    assert f"p {float(row['dice_p']):.3f}" in page
    ratio = float(row["latency_ms"]) / float(rows["U-Net"]["latency_ms"])
    assert f"takes {ratio:.1f} times as\nlong" in page
    metrics = RESULTS / "ddti-transunet-small" / "metrics.json"
    dice = json.loads(metrics.read_text("utf-8"))["headline"]["dice"]["value"]
    assert dice == pytest.approx(float(row["dice"]), abs=1e-6)
