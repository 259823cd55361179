from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nodulens.data.manifest import Row
from nodulens.errors import BadData
from nodulens.evaluation.evaluate import evaluate_classification, evaluate_segmentation
from nodulens.evaluation.segmentation import Mask
from nodulens.evaluation.subgroups import subgroups_of
from nodulens.finding import NOTICE, Frame


def ellipse(x: float, y: float, width: float, height: float) -> Mask:
    rows, columns = np.mgrid[:120, :180]
    inside = ((columns - x) / (width / 2)) ** 2 + ((rows - y) / (height / 2)) ** 2 <= 1
    return np.asarray(inside, dtype=np.bool_)


NODULE = ellipse(90, 60, 60, 40)


def perfect(row: Row, frame: Frame) -> Mask:
    return NODULE


def table(out: Path) -> list[dict[str, str]]:
    with (out / "per_image.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.usefixtures("plain_reader")
def test_three_files_that_agree(
    folder: Path, tmp_path: Path, add_image: Callable[..., Row]
) -> None:
    rows = [
        add_image("good", NODULE, group="p1", fold=0, labels={"malignancy": "benign"}),
        add_image(
            "shifted",
            ellipse(100, 60, 60, 40),
            group="p1",
            fold=1,
            mm_per_px=0.1,
            scale_from="user",
        ),
        add_image("missed", ellipse(40, 40, 20, 16), group="p2", fold=1),
        add_image("undrawn", NODULE, mask=None),
    ]
    out = tmp_path / "out"
    metrics = evaluate_segmentation(
        folder, rows, perfect, out, configuration={"model": "the same ellipse"}, seed=3, draws=100
    )
    assert json.loads((out / "metrics.json").read_text(encoding="utf-8")) == metrics
    again = evaluate_segmentation(
        folder,
        rows,
        perfect,
        tmp_path / "again",
        configuration={"model": "the same ellipse"},
        subgroups=subgroups_of(folder, rows[:3]),
        seed=3,
        draws=100,
    )
    assert again == metrics
    lines = table(out)
    assert [line["id"] for line in lines] == ["good", "shifted", "missed"]
    dices = [float(line["dice"]) for line in lines]
    assert dices[0] == 1
    assert 0.7 < dices[1] < 0.9
    assert dices[2] == 0
    assert metrics["notice"] == NOTICE
    headline = metrics["headline"]
    assert headline["protocol"] == "per-image-foreground"
    assert headline["dice"]["value"] == pytest.approx(np.mean(dices), abs=1e-6)
    assert headline["dice_median"]["value"] == pytest.approx(np.median(dices), abs=1e-6)
    assert (headline["images"], headline["groups"]) == (3, 2)
    assert metrics["images"] == {"given": 4, "without_outline": 1, "errors": 0, "evaluated": 3}
    assert metrics["statistics"]["seed"] == 3
    assert metrics["statistics"]["draws"] == 100
    assert metrics["configuration"] == {"model": "the same ellipse"}
    # The one image of known scale, shifted by ten pixels of 0.1 mm.
    assert metrics["metrics"]["hausdorff_95_mm"]["images"] == 1
    assert metrics["metrics"]["hausdorff_95_mm"]["value"] == pytest.approx(1.0, abs=0.1)
    assert metrics["metrics"]["hausdorff_95_px"]["images"] == 3
    assert metrics["scale_from"] == {"unknown": 2, "user": 1}
    assert metrics["detection"]["iou>=0.5"]["rate"]["value"] == pytest.approx(2 / 3, abs=1e-6)
    assert set(metrics["protocols"]) == {
        "pixel-global",
        "two-class-mean",
        "2miou/(1+miou)",
        "transunet",
    }
    assert metrics["protocols"]["transunet"]["images"] == 3
    assert set(metrics["baselines"]) == {"whole-scan-area", "centred-ellipse"}
    assert 0 < metrics["baselines"]["whole-scan-area"]["dice"]["value"] < headline["dice"]["value"]
    assert metrics["by_fold"]["1"]["images"] == 2
    assert metrics["by_label"]["malignancy"]["benign"]["dice"]["value"] == 1
    subgroups = metrics["subgroups"]
    assert subgroups["calipers"]["no"]["dice"] == headline["dice"]
    assert subgroups["split_screen"]["no"]["images"] == 3
    assert subgroups["sex"]["not stated"]["images"] == 3
    for name, third in subgroups["size"].items():
        assert third["dice"] == metrics["by_size"][name]["dice"]
    assert subgroups["size"]["small"]["dice"]["value"] == 0
    page = (out / "worst_cases.html").read_text(encoding="utf-8")
    assert page.index(">missed<") < page.index(">shifted<") < page.index(">good<")


@pytest.mark.usefixtures("plain_reader")
def test_a_bad_image_is_recorded_and_the_others_go_on(
    folder: Path, tmp_path: Path, add_image: Callable[..., Row]
) -> None:
    rows = [add_image(name, NODULE) for name in ("a", "b", "c", "d", "e", "f", "g")]
    (folder / rows[1].image).write_bytes(b"")
    whole = (folder / str(rows[2].mask)).read_bytes()
    (folder / str(rows[2].mask)).write_bytes(whole[: len(whole) // 2])
    small = add_image("small", NODULE[:50])
    rows[3] = rows[3].model_copy(update={"mask": small.mask})

    def segment(row: Row, frame: Frame) -> Mask:
        if row.id == "e":
            return np.asarray(frame.pixels)
        if row.id == "f":
            raise RuntimeError("out of memory")
        return NODULE

    out = tmp_path / "out"
    metrics = evaluate_segmentation(folder, rows, segment, out, configuration={}, draws=20)
    errors = {error["id"]: error["error"] for error in metrics["errors"]}
    assert set(errors) == {"b", "c", "d", "e", "f"}
    assert errors["b"].startswith("images/b.png")
    assert "masks/c.png: cannot be read as a picture" in errors["c"]
    assert "180×50" in errors["d"]
    assert "uint8 (120, 180)" in errors["e"]
    assert errors["f"] == "RuntimeError: out of memory"
    assert str(tmp_path) not in (out / "metrics.json").read_text(encoding="utf-8")
    assert metrics["images"]["errors"] == 5
    assert metrics["headline"]["images"] == 2
    assert metrics["protocols"]["pixel-global"]["images"] == 2
    assert [line["id"] for line in table(out)] == ["a", "g"]
    assert "5 images could not be evaluated" in (out / "worst_cases.html").read_text("utf-8")


@pytest.mark.usefixtures("plain_reader")
def test_nothing_to_evaluate_is_an_error(
    folder: Path, tmp_path: Path, add_image: Callable[..., Row]
) -> None:
    out = tmp_path / "out"
    undrawn = add_image("a", NODULE, mask=None)
    with pytest.raises(BadData, match="none of the 1 images"):
        evaluate_segmentation(folder, [undrawn], perfect, out, configuration={})
    with pytest.raises(BadData, match="configuration: cannot be written"):
        evaluate_segmentation(folder, [undrawn], perfect, out, configuration={"at": folder})
    broken = add_image("b", NODULE)
    (folder / broken.image).unlink()
    with pytest.raises(BadData, match="not one of 1 images"):
        evaluate_segmentation(folder, [broken], perfect, out, configuration={})
    assert not out.exists()


@pytest.mark.usefixtures("plain_reader")
def test_an_image_without_nodule(
    folder: Path, tmp_path: Path, add_image: Callable[..., Row]
) -> None:
    empty = np.zeros_like(NODULE)
    rows = [add_image("a", empty), add_image("b", empty)]

    def segment(row: Row, frame: Frame) -> Mask:
        return NODULE if row.id == "b" else empty

    out = tmp_path / "out"
    metrics = evaluate_segmentation(folder, rows, segment, out, configuration={}, draws=20)
    assert metrics["headline"]["dice"]["value"] == 0.5
    assert metrics["empty_truth"] == {"images": 2, "left_empty": 1}
    assert metrics["metrics"]["hausdorff_95_px"]["value"] is None
    assert metrics["detection"]["iou>=0.5"]["rate"]["value"] is None
    assert metrics["by_size"] == {}
    assert metrics["protocols"]["transunet"]["dice"]["value"] == 0.5


def test_with_the_program_s_own_reader(
    folder: Path, tmp_path: Path, add_image: Callable[..., Row]
) -> None:
    rows = [add_image("a", NODULE), add_image("b", NODULE)]
    out = tmp_path / "out"
    metrics = evaluate_segmentation(folder, rows, perfect, out, configuration={}, draws=20)
    assert metrics["errors"] == []
    assert metrics["headline"]["dice"]["value"] == 1


def test_evaluation_imports_nothing_heavy() -> None:
    heavy = {"torch", "sklearn", "pandas", "matplotlib", "monai", "jinja2"}
    code = f"import sys, nodulens.evaluation.evaluate\nprint(sorted({heavy!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def classify(out: Path, **changes: Any) -> dict[str, Any]:
    generator = np.random.default_rng(1)
    suspicious = np.arange(60) % 4 > 0
    arguments: dict[str, Any] = {
        "ids": [f"{i}_1" for i in range(60)],
        "groups": [str(i // 2) for i in range(60)],
        "labels": ["suspicious" if is_so else "benign" for is_so in suspicious],
        "probabilities": np.clip(0.4 + 0.3 * suspicious + 0.2 * generator.normal(size=60), 0, 1),
        "out": out,
        "configuration": {"model": "noise"},
        "draws": 200,
    }
    return evaluate_classification(**(arguments | changes))


def test_classification_beside_constant_answers(tmp_path: Path) -> None:
    metrics = classify(tmp_path, threshold=0.6, seed=4)
    assert json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8")) == metrics
    assert (metrics["images"], metrics["groups"], metrics["positives"]) == (60, 30, 45)
    assert metrics["prevalence"] == 0.75
    assert (metrics["positive"], metrics["negative"]) == ("suspicious", "benign")
    for name, figure in metrics["metrics"].items():
        assert set(figure["baselines"]) == {"always-suspicious", "always-benign", "prevalence"}
        assert figure["low"] <= figure["high"], name
    auc = metrics["metrics"]["auc"]
    assert auc["low"] > 0.5
    assert auc["baselines"]["always-suspicious"]["value"] == 0.5
    assert metrics["metrics"]["f1"]["baselines"]["always-suspicious"]["value"] == pytest.approx(
        6 / 7, abs=1e-6
    )
    lines = table(tmp_path)
    assert len(lines) == 60
    right = sum(line["correct"] == "1" for line in lines)
    assert metrics["metrics"]["accuracy"]["value"] == pytest.approx(right / 60, abs=1e-6)
    confusion = metrics["confusion"]
    assert confusion["true_positives"] + confusion["true_negatives"] == right
    decided = {line["decision"] for line in lines if float(line["probability"]) >= 0.6}
    assert decided == {"suspicious"}
    assert sum(line["images"] for line in metrics["calibration"]["reliability"]) == 60
    assert metrics["statistics"]["seed"] == 4
    assert metrics["notice"] == NOTICE


def test_deferral_covers_each_class_as_chosen(tmp_path: Path) -> None:
    generator = np.random.default_rng(7)
    truth = generator.random(3000) < 0.7
    odds = generator.normal(0, 1, 3000) + np.where(truth, 0.8, -0.8)
    metrics = classify(
        tmp_path,
        ids=[str(i) for i in range(3000)],
        groups=[str(i) for i in range(3000)],
        labels=["suspicious" if is_so else "benign" for is_so in truth],
        probabilities=1 / (1 + np.exp(-odds)),
        folds=[i % 5 for i in range(3000)],
        draws=2,
    )
    assert json.loads((tmp_path / "metrics.json").read_text("utf-8")) == metrics
    assert [line["error"] for line in metrics["deferral"]] == [0.05, 0.1, 0.2]
    for line in metrics["deferral"]:
        assert line["coverage_positive"] == pytest.approx(1 - line["error"], abs=0.02)
        assert line["coverage_negative"] == pytest.approx(1 - line["error"], abs=0.03)
    deferred = [line["deferred"] for line in metrics["deferral"]]
    assert deferred == sorted(deferred, reverse=True)


def test_one_fold_cannot_be_judged_with_limits_from_others(tmp_path: Path) -> None:
    assert classify(tmp_path, folds=[0] * 60)["deferral"] is None
    assert len(classify(tmp_path, folds=[0, 1, 1] * 20)["deferral"]) == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"folds": [1, 2]}, "2 folds and 60 images"),
        ({"subgroups": [{}]}, "1 subgroups and 60 images"),
        ({"configuration": {"loss": float("nan")}}, "configuration: cannot be written"),
        ({"ids": ["a"] * 60}, "a: occurs more than once"),
        ({"groups": ["a"]}, "do not belong together"),
        ({"labels": ["benign"] * 60}, "two are needed"),
        ({"labels": ["x", "y"] * 30}, "given as suspicious"),
        ({"probabilities": [0.5] * 59 + [float("nan")]}, "59_1: nan is not a probability"),
        ({"probabilities": [1.5] * 60}, "0_1: 1.5 is not a probability"),
    ],
)
def test_arguments_that_do_not_fit(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadData, match=message):
        classify(tmp_path, **changes)
    assert not (tmp_path / "metrics.json").exists()
