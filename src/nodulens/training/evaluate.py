"""Evaluate runs and bundles on a data set.

    nodulens evaluate fold0 fold1 fold2 fold3 fold4 --data DATA --out figures

Runs are judged on the fold that they have not seen; several are pooled, which gives out-of-fold
figures over the whole set. Everything written is described in :mod:`nodulens.evaluation.evaluate`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodulens.analysis.classifier import NoduleClassifier
from nodulens.analysis.judge import Judge, image_odds
from nodulens.analysis.segment import Segmenter, nodule_mask
from nodulens.data.manifest import Row, identity, read_manifest
from nodulens.data.pairs import read_pair
from nodulens.errors import BadData
from nodulens.evaluation.bootstrap import in_words
from nodulens.evaluation.evaluate import evaluate_classification, evaluate_segmentation
from nodulens.evaluation.subgroups import Subgroups
from nodulens.files import sha256_of, write_json
from nodulens.finding import Frame
from nodulens.models.checkpoint import NETWORK, WEIGHTS
from nodulens.runtime.bundle import DESCRIPTION, load_bundle
from nodulens.runtime.odds import probability_of
from nodulens.runtime.session import OnnxSegmenter
from nodulens.runtime.store import find_bundle
from nodulens.training.calibration import calibrate
from nodulens.training.forest import ForestRun
from nodulens.training.prompts import PROMPTS, Reader, evaluate_prompts
from nodulens.training.recipe import Labelled
from nodulens.training.record import RUN
from nodulens.training.run import Run, load_any_run, weights_of

CALIBRATION = "calibration.json"

Progress = Callable[[int, int], None]
"""Called with the number of images done and of all images."""


@dataclass
class Model:
    """A run or a bundle, ready to be judged.

    Attributes:
        name: as the caller gave it, last part.
        task: ``segmentation`` or ``classification``.
        fold: that it has not seen; None where it has seen all, or nobody knows.
        identity: what ``metrics.json`` records of it.
        threshold: least probability that counts as nodule, or as the last label.
        minimum_share: of its scan area that a nodule must cover.
        segment: of a segmentation.
        judge: of a classification.
        objective: of a classification: which classes it knows, and from what they are made.
        prior: log-odds of the last label that were put into the answers after training.
        run, forest: where it is one, of a network or of a forest.
    """

    name: str
    task: str
    fold: int | None
    identity: dict[str, Any]
    threshold: float
    minimum_share: float = 0.0
    segment: Segmenter | None = None
    judge: Judge | None = None
    objective: Labelled = field(default_factory=Labelled)
    prior: float = 0.0
    run: Run | None = None
    forest: ForestRun | None = None


def evaluate(
    sources: Sequence[str],
    data: Path,
    out: Path,
    *,
    fold: int | None = None,
    every: bool = False,
    segmenters: Sequence[str] = (),
    threshold: float | None = None,
    prompts: bool = False,
    progress: Progress | None = None,
) -> list[str]:
    """Judge runs or a bundle and write the figures to ``out``.

    Args:
        sources: folders of runs or of one bundle, or a bundle's name.
        data: folder of a data set.
        out: folder for the figures.
        fold: judge on this fold alone.
        every: judge on all rows, whatever was seen in training.
        segmenters: for classifiers, runs or a bundle whose predicted masks give the regions; the
            drawn outlines give them where there are none.
        threshold: instead of the models' own.
        prompts: judge runs of a segmentation with every kind of words.
        progress: called with the number of images done and of all images.

    Returns:
        Lines that sum up what was found.

    Raises:
        BadData: sources of different tasks, none that fits, or rows that nobody may be judged on.
    """
    models = [open_model(source) for source in sources]
    tasks = {model.task for model in models}
    if len(tasks) > 1:
        raise BadData(f"{', '.join(sources)}: evaluate one task at a time, not {sorted(tasks)}")
    if threshold is not None:
        for model in models:
            model.threshold = threshold
    rows = read_manifest(data)
    judge = assign(models, rows, fold, every)
    configuration = {
        "models": [model.identity for model in models],
        "data": {"identity": identity(rows)},
        "rows": "all" if every else "fold" if fold is not None else "out of fold",
        "fold": fold,
        "thresholds": sorted({model.threshold for model in models}),
    }
    chosen = [row for row in rows if row.id in judge]
    if prompts:
        return _prompts(judge, chosen, data, out, configuration, progress)
    if tasks == {"segmentation"}:
        return _segmentation(judge, chosen, data, out, configuration, progress)
    masks = open_segmenters(segmenters)
    configuration["regions_from"] = [model.identity for model in masks] or "drawn outlines"
    regions = assign(masks, rows, fold, every) if masks else {}
    return _classification(judge, regions, chosen, data, out, configuration, progress)


def open_model(source: str) -> Model:
    """Open the folder of a run or of a bundle, or a bundle by its name.

    Raises:
        BadData: it is neither.
    """
    folder = Path(source)
    if (folder / RUN).is_file() or (folder / NETWORK).is_file():
        return _open_run(load_any_run(folder))
    if folder.is_dir() and not (folder / DESCRIPTION).is_file():
        raise BadData(
            f"{folder}: neither a finished run ({WEIGHTS}, {NETWORK}) nor a bundle ({DESCRIPTION})"
        )
    bundle = load_bundle(find_bundle(source))
    description = bundle.description
    model = Model(
        name=description.name,
        task=description.task,
        fold=None,
        identity=bundle.identity.model_dump(),
        threshold=description.threshold,
        minimum_share=description.postprocessing.minimum_share,
    )
    if description.task == "segmentation":
        model.segment = OnnxSegmenter(bundle, threads=2)
    else:
        model.objective = Labelled(classes=description.labels)
        model.judge = NoduleClassifier(bundle, threads=2)
    return model


def open_segmenters(sources: Sequence[str]) -> list[Model]:
    """Open what shall give a classifier its regions.

    Raises:
        BadData: one of them does not segment.
    """
    models = [open_model(source) for source in sources]
    if any(model.task != "segmentation" for model in models):
        raise BadData(f"{', '.join(sources)}: --segmenter takes models that segment")
    return models


def _open_run(run: Run | ForestRun) -> Model:
    recipe = run.recipe
    model = Model(
        name=run.folder.name,
        task=recipe.task,
        fold=run.fold,
        identity={
            "run": run.folder.name,
            "recipe": recipe.without_paths().model_dump(mode="json"),
            "fold": run.fold,
            "sha256": sha256_of(weights_of(run.folder)),
        },
        threshold=run.threshold,
        objective=recipe.objective,
    )
    if isinstance(run, Run):
        model.run = run
        model.minimum_share = run.recipe.objective.minimum_share
    else:
        model.forest = run
    if isinstance(run, Run) and recipe.task == "segmentation":
        model.segment = run.segmenter()
    else:
        model.judge = run.judge()
        model.prior = run.prior
    return model


def assign(
    models: Sequence[Model], rows: Sequence[Row], fold: int | None, every: bool
) -> dict[str, Model]:
    """Say which model judges which row, by the row's id.

    Raises:
        BadData: it is not clear, or nothing is left to judge.
    """
    if len(models) > 1:
        folds = [model.fold for model in models]
        if every or fold is not None or None in folds or len(set(folds)) < len(folds):
            raise BadData(
                "several models are pooled out of fold: each must be a run with a fold of its own, "
                "without --fold or --all"
            )
        return {row.id: model for row in rows for model in models if model.fold == row.fold}
    (model,) = models
    if every:
        return {row.id: model for row in rows}
    wanted = model.fold if fold is None else fold
    if wanted is None:
        raise BadData(f"{model.name}: say --fold K or --all; it has no fold that it has not seen")
    judged = {row.id: model for row in rows if row.fold == wanted}
    if not judged:
        raise BadData(f"fold {wanted}: the data set has no such image; run `nodulens data split`")
    return judged


def outlined(model: Model, frame: Frame) -> NDArray[np.bool_]:
    """Return what a segmenter outlines in a frame, bool (H, W)."""
    assert model.segment is not None
    return nodule_mask(frame, model.segment, model.threshold, model.minimum_share)


def _segmentation(
    judge: dict[str, Model],
    rows: Sequence[Row],
    data: Path,
    out: Path,
    configuration: dict[str, Any],
    progress: Progress | None,
) -> list[str]:
    metrics = evaluate_segmentation(
        data,
        rows,
        lambda row, frame: outlined(judge[row.id], frame),
        out,
        configuration=configuration,
        progress=progress,
    )
    headline = metrics["headline"]
    return [
        f"{name}: {in_words(headline[key])}"
        for name, key in (("Dice", "dice"), ("IoU", "iou"))
        if key in headline
    ] + [f"per-image foreground at native size, {headline['dice']['images']} images; see {out}"]


def _prompts(
    judge: dict[str, Model],
    rows: Sequence[Row],
    data: Path,
    out: Path,
    configuration: dict[str, Any],
    progress: Progress | None,
) -> list[str]:
    readers = {id_: _reader(model) for id_, model in judge.items()}
    result = evaluate_prompts(readers, rows, data, out, configuration, progress)
    return [
        f"{kind}: Dice {in_words(entry['dice'])}"
        + (f", gain {in_words(entry['gain_over_none'])}" if "gain_over_none" in entry else "")
        for kind, entry in result["prompts"].items()
    ] + [f"per-image foreground at native size; see {out / PROMPTS}"]


def _reader(model: Model) -> Reader:
    if model.run is None:
        raise BadData(f"{model.name}: --prompts judges runs, which know what they were told")
    if model.segment is None:
        raise BadData(f"{model.run.folder}: --prompts judges segmentations alone")
    return Reader(model.segment, model.run.recipe.words, model.threshold, model.minimum_share)


def _classification(
    judge: dict[str, Model],
    segmenters: dict[str, Model],
    rows: Sequence[Row],
    data: Path,
    out: Path,
    configuration: dict[str, Any],
    progress: Progress | None,
) -> list[str]:
    kept: list[Row] = []
    answers: list[float] = []
    subgroups = Subgroups()
    without_region = 0
    for number, row in enumerate(rows):
        if progress is not None:
            progress(number, len(rows))
        model = judge[row.id]
        if model.objective.class_of(row.labels) is None or row.mask is None:
            continue
        frame, mask = read_pair(data, row)
        subgroups.add(row, frame, mask)
        if segmenters:
            mask = outlined(segmenters[row.id], frame)
        assert model.judge is not None
        answer = image_odds(model.judge, frame, mask)
        without_region += answer.whole
        kept.append(row)
        answers.append(answer.odds)
    if not kept:
        raise BadData(f"{data}: no image has a label that these models know")
    configuration["images_judged_whole"] = without_region
    configuration["image_answer"] = "mean log-odds over the nodules of an image"
    objective = judge[kept[0].id].objective
    labels = objective.classes
    if len(labels) != 2:
        raise BadData(f"{objective.label}: evaluation is of two classes, not {len(labels)}")
    odds = np.asarray(answers)
    classes = [str(objective.class_of(row.labels)) for row in kept]
    truth = np.asarray([name == labels[-1] for name in classes])
    groups = [row.group for row in kept]
    folds = [row.fold if row.fold is not None else -1 for row in kept]
    configuration["temperature"] = "1, as trained"
    metrics = evaluate_classification(
        [row.id for row in kept],
        groups,
        classes,
        probability_of(odds),
        out,
        positive=labels[-1],
        threshold=[judge[row.id].threshold for row in kept],
        subgroups=subgroups.assigned(),
        folds=folds,
        configuration=configuration,
    )
    write_json(
        out / CALIBRATION, calibrate(odds, truth, folds, [judge[row.id].prior for row in kept])
    )
    return [
        f"{name}: {in_words(value)}"
        for name, value in metrics["metrics"].items()
        if isinstance(value, dict) and "low" in value
    ] + [f"{len(kept)} images; beside the constant answers in {out}"]


def read_calibration(path: Path) -> float:
    """Return the temperature that ``nodulens evaluate`` wrote to ``calibration.json``.

    Raises:
        BadData: it is not such a file.
    """
    try:
        return float(json.loads(path.read_text("utf-8"))["temperature"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadData(f"{path}: no calibration that can be read ({error})") from error
