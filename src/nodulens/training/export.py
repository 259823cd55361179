"""Export a run to a bundle: ONNX, description, card, and the proof that both say the same.

nodulens export runs/final --out weights/ddti-unet-lite0 --data DATA
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from nodulens.data.manifest import Row, identity, read_manifest
from nodulens.errors import BadData, NodulensError
from nodulens.files import write_bytes, write_text
from nodulens.models.deploy_guided import DeployedGuided
from nodulens.models.registry import default_config
from nodulens.runtime.bundle import (
    CARD,
    FOREST,
    MODEL,
    TEXT_ENCODER,
    TOKENIZER,
    Bundle,
    Calibration,
    Description,
    Input,
    Postprocessing,
    Training,
    seal_bundle,
)
from nodulens.training.card import model_card
from nodulens.training.evaluate import read_calibration
from nodulens.training.export_words import write_words
from nodulens.training.network_graph import (
    largest_difference,
    network_graph,
    round_weights_to_half,
)
from nodulens.training.origin import learned_rows, meaning_of, training_of
from nodulens.training.run import Run, load_run

PARITY = 1e-4
"""Largest difference in probability between torch and ONNX Runtime that an export may show."""


def export_run(
    folder: Path,
    out: Path,
    data: Path,
    *,
    name: str,
    version: str,
    metrics: Sequence[Path] = (),
    calibration: Path | None = None,
    notes: Sequence[str] = (),
) -> float:
    """Write the bundle of a run.

    Args:
        folder: of the finished run.
        out: folder of the bundle; what is there of an earlier bundle is replaced.
        data: the data set that it was trained on; parity is checked on frames of it.
        name, version: of the bundle.
        metrics: ``metrics.json`` files whose headline figures the bundle carries.
        calibration: ``calibration.json`` of out-of-fold answers; its temperature goes into the
            graph of a classifier.
        notes: sentences for the card about the training, after those that are known.

    Returns:
        The largest difference in probability between torch and the exported graph.

    Raises:
        BadData: the run or the data set is not whole, or they do not belong together.
        NodulensError: the exported graph does not say what the network says.
    """
    run = load_run(folder)
    rows = read_manifest(data)
    known = run.record["data"]["identity"]
    if known is not None and known != identity(rows):
        raise BadData(f"{data}: is not the data set that {folder} was trained on")
    module, temperature = _deploy(run, calibration)
    round_weights_to_half(module)
    description = _describe(run, data, rows, name, version, temperature, metrics, notes)
    with tempfile.TemporaryDirectory(dir=beside(out)) as scratch:
        trial = Path(scratch) / "bundle"
        trial.mkdir()
        (trial / MODEL).write_bytes(network_graph(module, run.size))
        if isinstance(module, DeployedGuided):
            text = write_words(run, module.network, rows, trial)
            description = description.model_copy(update={"uses_text": True, "text": text})
        bundle = seal_bundle(trial, description)
        worst = largest_difference(module, bundle, data, rows)
        if worst > PARITY:
            raise NodulensError(
                f"{folder}: the exported graph differs from torch by {worst:.1e} in probability, "
                f"more than {PARITY:.0e}; nothing was written"
            )
        publish(bundle, out, worst)
    return worst


def publish(bundle: Bundle, out: Path, worst: float) -> None:
    """Put a bundle that was tried out where it is to be, with its card.

    Args:
        bundle: as it was sealed for the trial.
        out: its folder; what is there of an earlier bundle is replaced.
        worst: largest difference from what it was made from, for the card.
    """
    for name in {MODEL, FOREST, TEXT_ENCODER, TOKENIZER} - bundle.description.files.keys():
        (out / name).unlink(missing_ok=True)
    for name in bundle.description.files:
        write_bytes(out / name, (bundle.folder / name).read_bytes())
    write_text(out / CARD, model_card(bundle.description, worst))
    seal_bundle(out, bundle.description)


def beside(out: Path) -> Path:
    """Return the folder in which ``out`` lies, made where it is not there."""
    out.parent.mkdir(parents=True, exist_ok=True)
    return out.parent


def _deploy(run: Run, calibration: Path | None) -> tuple[torch.nn.Module, float | None]:
    if run.recipe.task == "segmentation":
        if calibration is not None:
            raise BadData(f"{calibration}: a segmentation is not calibrated by a temperature")
        if default_config(run.recipe.network.name).uses_text:
            return run.deployed_guided().eval(), None
        return run.deployed_segmenter().eval(), None
    if calibration is None:
        return run.deployed_classifier().eval(), None
    temperature = read_calibration(calibration)
    return run.deployed_classifier(temperature).eval(), temperature


def _describe(
    run: Run,
    data: Path,
    rows: Sequence[Row],
    name: str,
    version: str,
    temperature: float | None,
    metrics: Sequence[Path],
    notes: Sequence[str],
) -> Description:
    recipe = run.recipe
    classifies = recipe.task == "classification"
    return Description(
        name=name,
        version=version,
        task=recipe.task,
        input=Input(height=recipe.input.height, width=recipe.input.width),
        threshold=run.threshold,
        postprocessing=Postprocessing(
            minimum_share=0 if classifies else recipe.objective.minimum_share
        ),
        calibration=Calibration(method="temperature", temperature=temperature)
        if temperature
        else Calibration(),
        labels=recipe.objective.classes if classifies else [],
        meaning=meaning_of(recipe.objective) if classifies else None,
        region=recipe.region if classifies else None,
        training=_converted(run, notes)
        or training_of([run], data, rows, learned_rows(run, rows), notes),
        metrics={path.parent.name: headline(path) for path in metrics},
    )


def _converted(run: Run, notes: Sequence[str]) -> Training | None:
    """Say where the weights of a converted reference checkpoint come from; None for others."""
    source = run.record.get("converted")
    if source is None:
        return None
    return Training(
        data="not known: converted from a checkpoint of the reference implementation",
        licence="not known: ask whoever gave the checkpoint",
        notes=[
            f"Converted from {source['file']}, SHA-256 {source['sha256']}.",
            f"The frozen CLIP weights: SHA-256 {source['clip_sha256']}.",
            *notes,
        ],
    )


def headline(path: Path) -> dict[str, Any]:
    """Return of a ``metrics.json`` what a bundle carries.

    Raises:
        BadData: it cannot be read.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        chosen: dict[str, Any] = {
            key: content[key] for key in ("headline", "metrics", "baselines") if key in content
        }
    except (OSError, ValueError) as error:
        raise BadData(f"{path}: no metrics.json that can be read ({error})") from error
    return chosen
