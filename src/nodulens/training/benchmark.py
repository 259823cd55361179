"""Carry out a study: train and evaluate what is missing, measure what it costs, compare it all.

nodulens benchmark study.toml --out benchmark
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from nodulens.data.manifest import Row, read_manifest
from nodulens.errors import BadData
from nodulens.evaluation.benchmark.collect import (
    Cost,
    Result,
    read_result,
    read_runs,
    training_cost,
)
from nodulens.evaluation.benchmark.page import PAGE, Part, write_benchmark
from nodulens.evaluation.benchmark.study import Classification, Entry, Study, read_study
from nodulens.evaluation.evaluate import METRICS
from nodulens.files import sha256_of
from nodulens.models.checkpoint import RUN
from nodulens.training.cost import measure
from nodulens.training.run import weights_of

Say = Callable[[str], None]
"""Called with what is being done."""


def benchmark(path: Path, out: Path | None = None, say: Say = lambda text: None) -> list[str]:
    """Do whatever a study needs and write its page and tables.

    What is finished is taken as it is: runs are not trained again, evaluations not made again.

    Args:
        path: of the study file.
        out: folder, instead of the file's own.
        say: told what is going on.

    Returns:
        Lines that sum up what was found.

    Raises:
        BadData: the study cannot be carried out, or compares what is not of the same images.
    """
    study = read_study(path)
    place = out or study.out
    if place is None:
        raise BadData(f"{path}: out: say where the page is to be, or give --out")
    rows = [] if study.data is None else read_manifest(study.data)
    parts = []
    measured: dict[Path, Cost] = {}
    for task, title, entries in study.tables():
        results = [_result(path, study, entry, task, say, measured) for entry in entries]
        chosen = next((i for i, entry in enumerate(entries) if entry.reference), 0)
        parts.append(Part(task, title, results, results[chosen]))
    _of_this_data(path, parts, rows)
    tables = write_benchmark(study.title, parts, place, rows)
    lines = []
    for table in tables:
        first = next(column for column in table.columns if column.key in ("dice", "auc"))
        lines += [
            f"{table.title}: {line.name}: {first.title} {first.shown(line.cell(first))}"
            for line in table.lines
            if not line.is_baseline
        ]
    return [*lines, f"Open {place / PAGE}"]


def _result(
    path: Path, study: Study, entry: Entry, task: str, say: Say, measured: dict[Path, Cost]
) -> Result:
    """Return what an entry names, made if it is not there.

    ``measured`` holds the cost of runs that other entries named first.
    """
    _train_missing(path, study, entry, say)
    if not (entry.figures / METRICS).is_file():
        _evaluate(path, study, entry, say)
    records = read_runs(entry.runs)
    cost = training_cost(entry.runs, records)
    result = read_result(entry.name, entry.figures, task, cost, records)
    _of_these_runs(result, entry)
    if entry.runs and study.data is not None:
        # The network is the same in every fold: one of them is measured.
        run = entry.runs[0]
        if run not in measured:
            say(f"{entry.name}: measuring time and memory of {run.name}")
            measured[run] = measure(run, study.data)
        result = replace(result, cost=_together(cost, measured[run]))
    return result


def _train_missing(path: Path, study: Study, entry: Entry, say: Say) -> None:
    missing = [run for run in entry.runs if not _finished(run)]
    if not missing:
        return
    if entry.recipe is None:
        raise BadData(
            f"{missing[0]}: no finished run there, as {path} has it for {entry.name}; mend `runs`, "
            "name the recipe that it is to be trained with, or leave `runs` out"
        )
    from nodulens.training.recipe import read_recipe
    from nodulens.training.train_recipe import train_recipe

    data = _data(path, study, f"to train {missing[0].name} of {entry.name}")
    recipe = read_recipe(entry.recipe, entry.settings)
    for run in missing:
        say(f"{entry.name}: training {run.name}")
        train_recipe(recipe, data, run, entry.fold_of(run))


def _evaluate(path: Path, study: Study, entry: Entry, say: Say) -> None:
    if not entry.runs:
        raise BadData(
            f"{entry.figures}: no {METRICS} there, as {path} has it for {entry.name}; mend "
            "`figures`, or list the `runs` that are to be evaluated"
        )
    from nodulens.training.evaluate import evaluate

    say(f"{entry.name}: evaluating {len(entry.runs)} runs")
    evaluate(
        [str(run) for run in entry.runs],
        _data(path, study, f"to evaluate {entry.name}"),
        entry.figures,
        segmenters=entry.segmenters if isinstance(entry, Classification) else (),
    )


def _data(path: Path, study: Study, why: str) -> Path:
    if study.data is None:
        raise BadData(f"{path}: data: the folder of the data set is needed {why}")
    return study.data


def _finished(run: Path) -> bool:
    try:
        return bool(json.loads((run / RUN).read_text("utf-8"))["finished"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _of_these_runs(result: Result, entry: Entry) -> None:
    """Costs must not stand beside the figures of other weights."""
    judged = {model.get("sha256") for model in result.metrics["configuration"].get("models", [])}
    for run in entry.runs:
        if sha256_of(weights_of(run)) not in judged:
            raise BadData(
                f"{entry.figures}: is not an evaluation of {run}, or of other weights that were "
                "there; move it away and it is made anew, or mend `runs`"
            )


def _of_this_data(path: Path, parts: list[Part], rows: list[Row]) -> None:
    """The checklists must not tell of a data set that no figure is of."""
    known = {row.id for row in rows}
    results = [result for part in parts for result in part.results]
    if rows and not any(result.images.keys() <= known for result in results):
        strange = min(results[0].images.keys() - known)
        raise BadData(
            f"{path}: data: does not hold {strange}, of which {results[0].figures} has figures; "
            "name the data set that was evaluated"
        )


def _together(told: Cost, measured: Cost) -> Cost:
    """Return what the runs say, with what was measured; counts as measured where they say none."""
    return replace(
        measured,
        trainable=measured.trainable if told.trainable is None else told.trainable,
        frozen=measured.frozen if told.frozen is None else told.frozen,
        training_seconds=told.training_seconds,
        training_at_least=told.training_at_least,
    )
