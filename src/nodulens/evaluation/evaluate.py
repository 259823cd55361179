"""Evaluate a segmenter or a classifier on a data set and write down everything that was found.

Whatever gives the masks or probabilities, a run, a bundle or somebody else's program, comes in as a
function or an array; nothing here needs torch.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nodulens.data.manifest import Row
from nodulens.data.pairs import read_pair
from nodulens.errors import BadData, NodulensError
from nodulens.evaluation.baselines import BASELINES
from nodulens.evaluation.bootstrap import DRAWS, GroupBootstrap, median
from nodulens.evaluation.classification import (
    BINS,
    classification_metrics,
    constant_answers,
    reliability,
    subgroup_metrics,
)
from nodulens.evaluation.classification_page import write_classification_page
from nodulens.evaluation.conformal import defer
from nodulens.evaluation.per_image import ImageScores, score_image, write_table
from nodulens.evaluation.protocols import PROTOCOLS
from nodulens.evaluation.report import WorstCases, write_worst_cases
from nodulens.evaluation.segmentation import TOLERANCE_MM, TOLERANCE_PX, Mask
from nodulens.evaluation.subgroups import Assigned, Subgroups
from nodulens.evaluation.summary import Summary
from nodulens.files import write_json
from nodulens.finding import NOTICE, Frame

SCHEMA_VERSION = "1.1"
"""Version of ``metrics.json``: the second number grows with additions, the first with breaks."""

METRICS = "metrics.json"
PER_IMAGE = "per_image.csv"
WORST_CASES = "worst_cases.html"
CLASSIFICATION = "classification.html"
ERROR_RATES = (0.05, 0.10, 0.20)
"""Chosen error rates of each class at which deferral is judged."""

Segment = Callable[[Row, Frame], Mask]
"""From a manifest row and its frame to a boolean mask (H, W) at the frame's size."""


def evaluate_segmentation(
    folder: Path,
    rows: Sequence[Row],
    segment: Segment,
    out: Path,
    *,
    configuration: dict[str, Any],
    subgroups: Mapping[str, Assigned] | None = None,
    seed: int = 0,
    draws: int = DRAWS,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Compare predicted masks with the drawn ones and write what was found to ``out``.

    Writes ``metrics.json`` (the headline first: per-image foreground Dice and IoU at native size),
    ``per_image.csv`` and ``worst_cases.html``. Images are read one after another, so memory does
    not grow with their number. An image that cannot be read or segmented is recorded under
    ``errors`` and left out of every figure; rows without a mask are counted and left out.

    Args:
        folder: of the data set; the rows' paths are relative to it.
        rows: of the manifest, those to evaluate on.
        segment: gives the predicted mask of an image.
        out: folder for the three files, made where it does not exist.
        configuration: what was evaluated (model, weights, threshold, folds, …); goes into
            ``metrics.json`` as it is.
        subgroups: of each image, by its id, for whoever evaluates the same images several times;
            they are looked for if None.
        seed: of the bootstrap's draws.
        draws: of the bootstrap.
        progress: called with the number of images done and of all images.

    Returns:
        What was written to ``metrics.json``.

    Raises:
        BadData: no row has a mask, not one image could be evaluated, or ``configuration`` has no
            JSON form.
    """
    _check_configuration(configuration)
    outlined = [row for row in rows if row.mask is not None]
    if not outlined:
        raise BadData(f"{folder}: none of the {len(rows)} images to evaluate on has an outline")
    worst = WorstCases()
    scores: list[ImageScores] = []
    labels: list[dict[str, str]] = []
    found = Subgroups()
    terms: dict[str, list[tuple[float, ...]]] = {name: [] for name in PROTOCOLS}
    errors: list[dict[str, str]] = []
    for number, row in enumerate(outlined):
        if progress is not None:
            progress(number, len(outlined))
        try:
            frame, truth = read_pair(folder, row)
            prediction = _predict(segment, row, frame)
            score = score_image(row, frame, prediction, truth)
        except NodulensError as error:
            errors.append(_error(folder, row, str(error)))
            continue
        except Exception as error:
            # Whatever one image does to somebody's network, the other images are not lost.
            errors.append(_error(folder, row, f"{type(error).__name__}: {error}"))
            continue
        scores.append(score)
        labels.append(row.labels)
        if subgroups is None:
            found.add(row, frame, truth)
        worst.add(score, frame.pixels, prediction, truth)
        for name, protocol in PROTOCOLS.items():
            terms[name].append(protocol.terms(prediction, truth))
    if not scores:
        raise BadData(
            f"{folder}: not one of {len(outlined)} images could be evaluated; the first, "
            f"{errors[0]['id']}: {errors[0]['error']}"
        )
    if subgroups is None:
        assigned = found.assigned()
    else:
        assigned = [subgroups[score.id] for score in scores]
    summary = Summary(draws, seed)
    bootstrap = GroupBootstrap([score.group for score in scores], draws=draws, seed=seed)
    metrics: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "notice": NOTICE,
        "task": "segmentation",
        "headline": {
            "protocol": "per-image-foreground",
            "description": (
                "foreground Dice and IoU of each image at its native size, mean over images, "
                "interval by patient group; two empty masks score 1, a single empty mask 0"
            ),
            **summary.overlap(scores),
            "dice_median": summary.of(scores, "dice", median),
            "iou_median": summary.of(scores, "iou", median),
        },
        "baselines": {name: summary.baseline(scores, name) for name in BASELINES},
        "images": {
            "given": len(rows),
            "without_outline": len(rows) - len(outlined),
            "errors": len(errors),
            "evaluated": len(scores),
        },
        "statistics": bootstrap.describe(),
        "metrics": {
            "precision": summary.of(scores, "precision"),
            "recall": summary.of(scores, "recall"),
            "hausdorff_95_px": summary.of(scores, "hd95_px"),
            "hausdorff_95_px_median": summary.of(scores, "hd95_px", median),
            "hausdorff_95_mm": summary.of(scores, "hd95_mm"),
            "hausdorff_95_mm_median": summary.of(scores, "hd95_mm", median),
            "surface_dice_px": {
                "tolerance_px": TOLERANCE_PX,
                **summary.of(scores, "surface_dice_px"),
            },
            "surface_dice_mm": {
                "tolerance_mm": TOLERANCE_MM,
                **summary.of(scores, "surface_dice_mm"),
            },
        },
        "long_axis": summary.long_axis(scores),
        "detection": summary.detection(scores),
        "empty_truth": {
            "images": sum(not score.area_true_px for score in scores),
            "left_empty": sum(
                not score.area_true_px and not score.area_predicted_px for score in scores
            ),
        },
        "protocols": {
            name: protocol.result(terms[name], bootstrap) for name, protocol in PROTOCOLS.items()
        },
        "subgroups": summary.subgroups(scores, assigned),
        "by_size": summary.by_size(scores),
        "by_label": summary.by_label(scores, labels),
        "by_fold": summary.by(scores, [score.fold for score in scores]),
        "by_split": summary.by(scores, [score.split for score in scores]),
        "scale_from": dict(sorted(Counter(score.scale_from for score in scores).items())),
        "configuration": configuration,
        "errors": errors,
    }
    write_json(out / METRICS, metrics)
    write_table(out / PER_IMAGE, (score.to_line() for score in scores))
    write_worst_cases(out / WORST_CASES, metrics, [score.dice for score in scores], worst.cases())
    return metrics


def evaluate_classification(
    ids: Sequence[str],
    groups: Sequence[str],
    labels: Sequence[str],
    probabilities: ArrayLike,
    out: Path,
    *,
    positive: str = "suspicious",
    threshold: ArrayLike = 0.5,
    subgroups: Sequence[Assigned] | None = None,
    folds: Sequence[int] | None = None,
    configuration: dict[str, Any],
    seed: int = 0,
    draws: int = DRAWS,
) -> dict[str, Any]:
    """Compare probabilities with labels and write what was found to ``out``.

    Writes ``metrics.json``, ``per_image.csv`` and ``classification.html``. Every metric stands next
    to the same metric of the constant answers, computed on the same images with the same draws.

    Args:
        ids: of the images, all different.
        groups: the patient group of each.
        labels: the label of each; two different ones.
        probabilities: of the positive label, one an image, 0 to 1.
        out: folder for the three files, made where it does not exist.
        positive: the label that the probability is of.
        threshold: least probability of a positive decision, one for all or one an image, such as
            that of its fold. It must come from elsewhere: chosen on these images, it flatters.
        subgroups: of each image (:class:`~nodulens.evaluation.subgroups.Subgroups`).
        folds: of each image. With two or more, ``deferral`` says what leaving doubtful images to
            the reader brings (:func:`~nodulens.evaluation.conformal.defer`); each fold's
            probabilities must come from a model that had not seen it.
        configuration: what was evaluated; goes into ``metrics.json`` as it is.
        seed: of the bootstrap's draws.
        draws: of the bootstrap.

    Returns:
        What was written to ``metrics.json``.

    Raises:
        BadData: the lengths differ, an image occurs twice, a probability is not a number from 0 to
            1, the labels are not two of which one is ``positive``, or ``configuration`` has no
            JSON form.
    """
    _check_configuration(configuration)
    given = np.asarray(probabilities, dtype=np.float64)
    negative = _check_classification(ids, groups, labels, given, positive)
    for name, each in (("subgroups", subgroups), ("folds", folds)):
        if each is not None and len(each) != len(ids):
            raise BadData(f"{len(each)} {name} and {len(ids)} images do not belong together")
    truth = np.array([label == positive for label in labels])
    least = np.broadcast_to(np.asarray(threshold, np.float64), given.shape)
    decisions = given >= least
    answers = {"given": given, **constant_answers(truth, positive, negative)}
    baselines = {
        name: classification_metrics(
            truth,
            answer,
            groups,
            # What is constant must not be taken for different answers by different thresholds.
            threshold=least if name == "given" else float(least.mean()),
            draws=draws,
            seed=seed,
        )
        for name, answer in answers.items()
    }
    found = baselines.pop("given")
    metrics: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "notice": NOTICE,
        "task": "classification",
        "protocol": "per-image",
        "description": (
            "every image counts once, interval by patient group; the threshold was given, not "
            "chosen here; each metric stands beside the constant answers on the same images"
        ),
        "positive": positive,
        "negative": negative,
        "threshold": round(float(least.mean()), 6),
        "threshold_range": [round(float(least.min()), 6), round(float(least.max()), 6)],
        "images": len(ids),
        "groups": len({*groups}),
        "positives": int(truth.sum()),
        "prevalence": round(float(truth.mean()), 6),
        "metrics": {
            name: {
                **estimate.to_json(),
                "baselines": {
                    baseline: result[name].to_json() for baseline, result in baselines.items()
                },
            }
            for name, estimate in found.items()
        },
        "confusion": {
            "true_positives": int((truth & decisions).sum()),
            "false_negatives": int((truth & ~decisions).sum()),
            "true_negatives": int((~truth & ~decisions).sum()),
            "false_positives": int((~truth & decisions).sum()),
        },
        "calibration": {
            "bins": BINS,
            "kind": "equal mass; equal probabilities share a bin",
            "reliability": [_rounded(line) for line in reliability(truth, given)],
        },
        "subgroups": subgroup_metrics(
            truth, given, groups, subgroups or [], threshold=least, draws=draws, seed=seed
        ),
        "deferral": (
            [_rounded(defer(truth, given, folds, error)) for error in ERROR_RATES]
            if folds is not None and len({*folds}) > 1
            else None
        ),
        "statistics": _statistics(draws, seed),
        "configuration": configuration,
    }
    write_json(out / METRICS, metrics)
    lines = zip(ids, groups, labels, given.tolist(), decisions.tolist(), strict=True)
    write_table(
        out / PER_IMAGE,
        (
            {
                "id": id_,
                "group": group,
                "label": label,
                "probability": round(probability, 6),
                "decision": positive if decision else negative,
                "correct": int(decision == (label == positive)),
            }
            for id_, group, label, probability, decision in lines
        ),
    )
    write_classification_page(out / CLASSIFICATION, metrics, truth, given)
    return metrics


def _predict(segment: Segment, row: Row, frame: Frame) -> Mask:
    prediction = segment(row, frame)
    if prediction.shape != frame.pixels.shape or prediction.dtype != np.bool_:
        raise BadData(
            f"{row.image}: the segmenter gave {prediction.dtype} {prediction.shape} where a "
            f"boolean mask {frame.pixels.shape} is due"
        )
    return prediction


def _error(folder: Path, row: Row, text: str) -> dict[str, str]:
    # Results are shared; where on a disk the data lay is nobody's business.
    return {"id": row.id, "error": text.replace(f"{folder}{os.sep}", "")}


def _check_configuration(configuration: dict[str, Any]) -> None:
    # Said now, not when an hour's figures are to be written.
    try:
        json.dumps(configuration, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadData(f"configuration: cannot be written as JSON ({error})") from error


def _check_classification(
    ids: Sequence[str],
    groups: Sequence[str],
    labels: Sequence[str],
    probabilities: NDArray[np.float64],
    positive: str,
) -> str:
    """Return the name of the negative label, or raise what is wrong with the arguments."""
    if not len(ids) == len(groups) == len(labels) == len(probabilities):
        raise BadData(
            f"{len(ids)} ids, {len(groups)} groups, {len(labels)} labels and "
            f"{len(probabilities)} probabilities do not belong together"
        )
    twice = [name for name, count in Counter(ids).items() if count > 1]
    if twice:
        raise BadData(f"{twice[0]}: occurs more than once; every image is evaluated once")
    for name, probability in zip(ids, probabilities, strict=True):
        if not 0 <= probability <= 1:
            raise BadData(f"{name}: {probability} is not a probability from 0 to 1")
    names = sorted({*labels})
    if len(names) != 2 or positive not in names:
        raise BadData(
            f"the labels are {', '.join(names) or 'none'}; two are needed, one of them the "
            f"positive one, which is given as {positive}"
        )
    return next(name for name in names if name != positive)


def _statistics(draws: int, seed: int) -> dict[str, Any]:
    return GroupBootstrap([], draws=draws, seed=seed).describe()


def _rounded(record: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, 6) if isinstance(value, float) else value
        for name, value in record.items()
    }
