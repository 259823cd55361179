"""Export what was cross-validated as one classifier: a network, a forest, or both together.

nodulens export OUT --system fusion --data DATA --out weights/ddti-malignancy

``OUT`` is a folder of ``nodulens crossval … --final``: the parts have learned from all folds, and
how their answers are weighed comes from those on folds that they had not seen.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nodulens.analysis.classifier import NoduleClassifier
from nodulens.analysis.judge import Judge, RegionJudge, positive_odds, stacked
from nodulens.analysis.region import parts_to_judge
from nodulens.data.manifest import Row, identity, read_manifest
from nodulens.data.pairs import read_pair
from nodulens.errors import BadData, NodulensError
from nodulens.models.deploy import TorchModel
from nodulens.runtime.bundle import (
    FOREST,
    MODEL,
    Bundle,
    Deferral,
    Description,
    Input,
    Part,
    Stack,
    seal_bundle,
)
from nodulens.runtime.odds import probability_of
from nodulens.training.cascade import run_folder
from nodulens.training.export import PARITY, beside, publish
from nodulens.training.forest import ForestRun
from nodulens.training.judgement import CROSSVAL
from nodulens.training.network_graph import network_graph, round_weights_to_half
from nodulens.training.origin import meaning_of, training_of
from nodulens.training.recipe import Labelled
from nodulens.training.run import Run, load_any_run

_CHECKED = 12
"""Images on which the bundle must say what its parts say."""


def export_classifier(
    folder: Path,
    system: str,
    out: Path,
    data: Path,
    *,
    name: str,
    version: str,
    notes: Sequence[str] = (),
) -> float:
    """Write the bundle of a system.

    Args:
        folder: of a finished cross-validation with ``final``.
        system: a classifying recipe of it, or ``fusion``.
        out: folder of the bundle; what is there of an earlier bundle is replaced.
        data: the data set of the cross-validation.
        name, version: of the bundle.
        notes: sentences for the card about the training, after those that are known.

    Returns:
        The largest difference in probability between the bundle and the parts that it was made of.

    Raises:
        BadData: there is no such system, or its parts were not trained on all folds.
        NodulensError: the bundle does not say what its parts say.
    """
    record = json.loads((folder / CROSSVAL).read_text("utf-8"))
    if system not in record["final"]:
        raise BadData(f"{folder}: has no system {system}; it has {', '.join(record['final'])}")
    rows = read_manifest(data)
    if record["data"]["identity"] != identity(rows):
        raise BadData(f"{data}: is not the data set that {folder} was made of")
    runs = _runs(folder, record, system)
    final = record["final"][system]
    stack = Stack.model_validate(final["stack"])
    limits = final["deferral"]["limits"]
    # With too few images of a label, it is always possible: nothing would ever be decided.
    deferral = (
        None if None in limits.values() else Deferral(error=final["deferral"]["error"], **limits)
    )
    network, forest = runs.get("network"), runs.get("forest")
    objective: Labelled = next(iter(runs.values())).recipe.objective
    learned = [
        row for row in rows if row.mask is not None and objective.class_of(row.labels) is not None
    ]
    weighed = (
        f"Weighed and calibrated on {final['images']} images' answers out of fold, outlines: "
        f"{final['outlines']}."
    )
    shape: dict[str, Any] = {}
    if isinstance(network, Run):
        height, width = network.size
        shape |= {"input": Input(height=height, width=width), "region": network.recipe.region}
    if isinstance(forest, ForestRun):
        shape |= {"forest": forest.description}
    description = Description(
        **shape,
        name=name,
        version=version,
        task="classification",
        threshold=final["threshold"],
        labels=objective.classes,
        meaning=meaning_of(objective),
        stack=stack,
        deferral=deferral,
        training=training_of(list(runs.values()), data, rows, learned, [weighed, *notes]),
        metrics={
            f"{outlines}-outlines": metrics
            for outlines, metrics in record["classification"][system].items()
        },
    )
    with tempfile.TemporaryDirectory(dir=beside(out)) as scratch:
        trial = Path(scratch) / "bundle"
        trial.mkdir()
        judges: dict[Part, Judge] = {}
        if isinstance(network, Run):
            module = network.deployed_classifier().eval()
            round_weights_to_half(module)
            (trial / MODEL).write_bytes(network_graph(module, network.size))
            torch_model = TorchModel(module, network.size)
            judges["network"] = RegionJudge(torch_model.classify, network.recipe.region)
        if isinstance(forest, ForestRun):
            (trial / FOREST).write_bytes((forest.folder / FOREST).read_bytes())
            judges["forest"] = forest.judge()
        bundle = seal_bundle(trial, description)
        worst = _largest_difference(bundle, judges, stack, data, rows)
        if worst > PARITY:
            raise NodulensError(
                f"{folder}: the bundle differs from its parts by {worst:.1e} in probability, more "
                f"than {PARITY:.0e}; nothing was written"
            )
        publish(bundle, out, worst)
    return worst


def _runs(folder: Path, record: dict[str, Any], system: str) -> dict[Part, Run | ForestRun]:
    classifiers = [one for one in record["recipes"] if one["task"] == "classification"]
    names = [one["name"] for one in classifiers if system in (one["name"], "fusion")]
    runs: dict[Part, Run | ForestRun] = {}
    for name in names:
        place = run_folder(folder, name, ())
        if not place.is_dir():
            raise BadData(
                f"{place}: is not there; run the cross-validation again with --resume --final"
            )
        run = load_any_run(place)
        runs["forest" if isinstance(run, ForestRun) else "network"] = run
    return runs


def _largest_difference(
    bundle: Bundle, judges: dict[Part, Judge], stack: Stack, data: Path, rows: Sequence[Row]
) -> float:
    outlined = [row for row in rows if row.mask is not None]
    step = max(1, len(outlined) // _CHECKED)
    classifier = NoduleClassifier(bundle)
    worst = 0.0
    for row in outlined[::step][:_CHECKED]:
        frame, mask = read_pair(data, row)
        parts = parts_to_judge(frame, mask).masks
        odds = {name: positive_odds(judge(frame, parts)) for name, judge in judges.items()}
        expected = probability_of(stacked(stack, odds))
        found = np.asarray([answer[-1] for answer in classifier(frame, parts)])
        worst = max(worst, float(np.abs(found - expected).max()))
    return worst
