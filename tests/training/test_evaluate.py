from __future__ import annotations

import json
from pathlib import Path

import pytest

from nodulens.errors import BadData
from nodulens.training.evaluate import evaluate, read_calibration

pytestmark = pytest.mark.train


def metrics(out: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((out / "metrics.json").read_text("utf-8"))
    return content


def counts(found: dict[str, object]) -> dict[str, dict[str, int]]:
    groupings: dict[str, dict[str, dict[str, int]]] = found["subgroups"]  # type: ignore[assignment]
    return {
        name: {value: part["images"] for value, part in parts.items()}
        for name, parts in groupings.items()
    }


def test_runs_are_pooled_out_of_fold(tmp_path: Path, phantoms: Path, runs: list[Path]) -> None:
    lines = evaluate([str(run) for run in runs], phantoms, tmp_path / "out")
    found = metrics(tmp_path / "out")
    assert found["images"]["evaluated"] == 24  # type: ignore[index]
    assert found["configuration"]["rows"] == "out of fold"  # type: ignore[index]
    assert any(line.startswith("Dice: ") for line in lines)


def test_a_run_is_judged_on_the_fold_it_has_not_seen(
    tmp_path: Path, phantoms: Path, runs: list[Path]
) -> None:
    evaluate([str(runs[0])], phantoms, tmp_path / "out")
    assert metrics(tmp_path / "out")["images"]["evaluated"] == 12  # type: ignore[index]


def test_pooling_does_not_depend_on_the_order(
    tmp_path: Path, phantoms: Path, runs: list[Path]
) -> None:
    evaluate([str(run) for run in runs], phantoms, tmp_path / "a")
    evaluate([str(run) for run in reversed(runs)], phantoms, tmp_path / "b")
    assert metrics(tmp_path / "a")["headline"] == metrics(tmp_path / "b")["headline"]


def test_a_high_threshold_shrinks_the_masks(
    tmp_path: Path, phantoms: Path, runs: list[Path]
) -> None:
    evaluate([str(runs[0])], phantoms, tmp_path / "low", threshold=0.05)
    evaluate([str(runs[0])], phantoms, tmp_path / "high", threshold=0.9)
    low, high = metrics(tmp_path / "low"), metrics(tmp_path / "high")
    assert (
        low["metrics"]["recall"]["value"] > high["metrics"]["recall"]["value"]  # type: ignore[index]
    )


def test_what_is_not_clear_is_refused(
    tmp_path: Path, phantoms: Path, runs: list[Path], classifier_runs: list[Path]
) -> None:
    both = [str(run) for run in runs]
    with pytest.raises(BadData, match="pooled out of fold"):
        evaluate(both, phantoms, tmp_path / "out", every=True)
    with pytest.raises(BadData, match="pooled out of fold"):
        evaluate([both[0], both[0]], phantoms, tmp_path / "out")
    with pytest.raises(BadData, match="one task at a time"):
        evaluate([both[0], str(classifier_runs[0])], phantoms, tmp_path / "out")
    with pytest.raises(BadData, match="neither a finished run"):
        evaluate([str(tmp_path)], phantoms, tmp_path / "out")
    with pytest.raises(BadData, match="no such image"):
        evaluate([both[0]], phantoms, tmp_path / "out", fold=5)
    assert not (tmp_path / "out").exists()


def test_classifiers_on_drawn_and_on_predicted_regions(
    tmp_path: Path, phantoms: Path, runs: list[Path], classifier_runs: list[Path]
) -> None:
    sources = [str(run) for run in classifier_runs]
    evaluate(sources, phantoms, tmp_path / "drawn")
    evaluate(sources, phantoms, tmp_path / "predicted", segmenters=[str(run) for run in runs])
    drawn, predicted = metrics(tmp_path / "drawn"), metrics(tmp_path / "predicted")
    assert drawn["configuration"]["regions_from"] == "drawn outlines"  # type: ignore[index]
    assert len(predicted["configuration"]["regions_from"]) == 2  # type: ignore[index]
    # What an image is, is the same whatever its region was cut from.
    assert sum(counts(drawn)["size"].values()) == drawn["images"]
    assert counts(drawn) == counts(predicted)
    assert [line["error"] for line in drawn["deferral"]] == [0.05, 0.1, 0.2]  # type: ignore[attr-defined]
    assert (tmp_path / "drawn" / "classification.html").is_file()
    assert 0.05 <= read_calibration(tmp_path / "drawn" / "calibration.json") <= 20


def test_a_calibration_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text("{}")
    with pytest.raises(BadData, match=r"calibration\.json"):
        read_calibration(path)
