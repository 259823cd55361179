from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nodulens.cli import app
from nodulens.errors import BadData
from nodulens.evaluation.benchmark.collect import Cost
from nodulens.training.benchmark import benchmark
from nodulens.training.evaluate import evaluate

pytestmark = pytest.mark.train


COST = Cost(trainable=1, frozen=2, latency_seconds=0.25, memory_mb=300.0, threads=1, processors=2)


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Measure nothing, which takes seconds and is tested on its own; return what would be."""
    asked: list[Path] = []

    def measure(run: Path, data: Path) -> Cost:
        asked.append(run)
        return COST

    monkeypatch.setattr("nodulens.training.benchmark.measure", measure)
    return asked


def study(folder: Path, data: Path | None, entries: str) -> Path:
    path = folder / "study.toml"
    path.write_text(
        'title = "T"\n' + (f'data = "{data.as_posix()}"\n' if data else "") + entries, "utf-8"
    )
    return path


def entry(runs: list[Path], name: str = "a", more: str = "") -> str:
    listed = ", ".join(f'"{run.as_posix()}"' for run in runs)
    return f'[[segmentation]]\nname = "{name}"\nfigures = "{name}"\nruns = [{listed}]\n{more}\n'


def test_what_is_missing_is_made_and_the_rest_collected(
    tmp_path: Path, phantoms: Path, runs: list[Path], tiny: Path
) -> None:
    again = [tmp_path / "again" / "fold1", tmp_path / "again" / "fold0"]
    more = f'recipe = "{tiny.as_posix()}"\nset = ["training.epochs=1"]'
    path = study(tmp_path, phantoms, entry(runs) + entry(again, "b", more))
    told: list[str] = []
    lines = benchmark(path, tmp_path / "out", told.append)
    assert [line.partition(": measuring")[0] for line in told] == [
        "a: evaluating 2 runs", "a",
        "b: training fold1", "b: training fold0", "b: evaluating 2 runs", "b",
    ]  # fmt: skip
    assert [json.loads((run / "run.json").read_text())["fold"] for run in again] == [1, 0]
    assert [json.loads((run / "run.json").read_text())["epochs_run"] for run in again] == [1, 1]
    assert lines[0].startswith("Segmentation: a: Dice 0.")
    assert lines[-1] == f"Open {tmp_path / 'out' / 'index.html'}"
    with (tmp_path / "out" / "segmentation.csv").open(newline="") as stream:
        first, second, *_ = csv.DictReader(stream)
    headline = json.loads((tmp_path / "a" / "metrics.json").read_text("utf-8"))["headline"]
    assert float(first["dice"]) == headline["dice"]["value"]
    records = [json.loads((run / "run.json").read_text()) for run in runs]
    assert int(first["trainable_parameters"]) == records[0]["parameters"]["trainable"]
    minutes = sum(record["seconds_since_start_or_resume"] for record in records) / 60
    assert float(first["training_minutes"]) == pytest.approx(minutes, abs=1e-6)
    assert float(second["dice_p"]) == float(second["dice_p_holm"])
    assert (float(first["latency_ms"]), float(first["memory_mb"])) == (250, 300)

    told.clear()
    benchmark(path, tmp_path / "out", told.append)
    assert [line.partition(" of ")[0] for line in told] == [
        "a: measuring time and memory",
        "b: measuring time and memory",
    ]


def test_classifiers_on_predicted_outlines(
    tmp_path: Path,
    phantoms: Path,
    runs: list[Path],
    classifier_runs: list[Path],
    measured: list[Path],
) -> None:
    listed = ", ".join(f'"{run.as_posix()}"' for run in runs)
    text = entry(classifier_runs, "drawn") + entry(
        classifier_runs, "predicted", f"segmenters = [{listed}]\nreference = true"
    )
    path = study(tmp_path, phantoms, text.replace("segmentation", "classification"))
    lines = benchmark(path, tmp_path / "out")
    assert lines[1].startswith("Classification: predicted: AUC 0.")
    metrics = json.loads((tmp_path / "predicted" / "metrics.json").read_text("utf-8"))
    assert len(metrics["configuration"]["regions_from"]) == 2
    with (tmp_path / "out" / "classification.csv").open(newline="") as stream:
        drawn, predicted, *_ = csv.DictReader(stream)
    assert drawn["auc_p"]
    assert not predicted["auc_p"]
    assert drawn["latency_ms"] == predicted["latency_ms"] == "250.0"
    assert measured == [classifier_runs[0]]


def test_the_command(tmp_path: Path, phantoms: Path, runs: list[Path]) -> None:
    evaluate([str(run) for run in runs], phantoms, tmp_path / "a")
    path = study(tmp_path, None, 'out = "here"\n[[segmentation]]\nname = "a"\nfigures = "a"\n')
    result = CliRunner().invoke(app, ["benchmark", str(path)])
    assert result.exit_code == 0, result.output
    assert "Segmentation: a: Dice 0." in result.stdout
    assert (tmp_path / "here" / "index.html").is_file()


def test_what_a_study_cannot_be_carried_out_without(
    tmp_path: Path, phantoms: Path, runs: list[Path]
) -> None:
    out = tmp_path / "out"
    nowhere = [tmp_path / "nowhere"]
    for data, entries, message in (
        (phantoms, entry(nowhere), "no finished run there"),
        (None, entry(nowhere, more='recipe = "unet-lite0"'), "data: .* needed to train nowhere"),
        (None, entry(runs), "data: .* needed to evaluate a"),
        (None, entry([]), r"list the `runs`"),
    ):
        with pytest.raises(BadData, match=message):
            benchmark(study(tmp_path, data, entries), out)
    with pytest.raises(BadData, match="out: say where"):
        benchmark(study(tmp_path, None, entry([])))
    assert not out.exists()


def test_costs_do_not_stand_beside_figures_of_other_weights(
    tmp_path: Path, phantoms: Path, runs: list[Path]
) -> None:
    evaluate([str(runs[0])], phantoms, tmp_path / "a")
    with pytest.raises(BadData, match=r"is not an evaluation of .*fold1"):
        benchmark(study(tmp_path, phantoms, entry(runs)), tmp_path / "out")


def test_another_data_set_is_refused(tmp_path: Path, phantoms: Path, runs: list[Path]) -> None:
    from nodulens.data.phantom_set import write_phantoms

    evaluate([str(run) for run in runs], phantoms, tmp_path / "a")
    write_phantoms(2, tmp_path / "other", seed=1, width=320, height=240)
    with pytest.raises(BadData, match="data: does not hold"):
        benchmark(study(tmp_path, tmp_path / "other", entry([])), tmp_path / "out")
