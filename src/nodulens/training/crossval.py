"""Cross-validate the whole cascade: outline, region or features, judgement, calibration.

    nodulens crossval unet-lite0 resnet18-linear forest --data DATA --out OUT

For each fold k, every network is trained without the patients of fold k; the outlines that a
segmentation then draws on fold k are what the classifiers judge there, and the drawn ones are the
upper bound. How a classifier's answers are calibrated, how several are weighed (the system
``fusion``) and from which probability on the answer is positive is found on inner folds: for each
other fold j, a classifier that has seen neither j nor k answers for j. So nothing that decides
about fold k has seen it.

Inner answers are given on drawn outlines, or, ``nested``, on those of a segmentation that has seen
neither fold: ten more trainings of it with five folds.

The folder holds::

    RECIPE/foldK, RECIPE/foldsJ-K      runs, without one fold and without two
    outlines/SEGMENTER/foldK           masks that it drew on what it had not seen
    answers/CLASSIFIER/…               log-odds, by image
    figures/SEGMENTER                  as `nodulens evaluate` writes them
    figures/SYSTEM/OUTLINES            likewise; a system is a classifier, calibrated, or `fusion`
    crossval.json, crossval.md         everything together, with what each stage loses

Every step leaves a file and is skipped where that is there: killed at any moment, the same command
goes on.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from nodulens.analysis.judge import image_odds
from nodulens.analysis.segment import nodule_mask
from nodulens.data.manifest import read_manifest
from nodulens.data.pairs import read_frame, read_pair
from nodulens.data.pictures import read_mask
from nodulens.errors import BadData
from nodulens.files import replacing, sha256_of, write_json, write_text
from nodulens.training.cascade import DRAWN, Cascade, Unseen, mask_file
from nodulens.training.jobs import Job, run_jobs
from nodulens.training.judgement import write_judgement
from nodulens.training.recipe import AnyRecipe
from nodulens.training.record import RUN
from nodulens.training.run import load_any_run, load_run
from nodulens.training.train_recipe import train_recipe

SOURCE = "run.sha256"
"""Beside masks: of the ``run.json`` of the run that drew them."""


def crossval(
    recipes: Sequence[AnyRecipe],
    data: Path,
    out: Path,
    *,
    resume: bool = False,
    jobs: int = 1,
    nested: bool = False,
    final: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Cross-validate segmentations and classifiers together.

    Args:
        recipes: at least one; names must differ. At most one classifying network and one forest.
        data: folder of a data set with folds.
        out: folder for everything.
        resume: go on with what is in ``out``; without it, that must be empty.
        jobs: trainings at a time, each in a process of its own.
        nested: inner answers on outlines that have seen neither fold, instead of on drawn ones.
        final: also train everything on all rows, for an export.
        say: is told what was done.

    Returns:
        What was written to ``crossval.json``.

    Raises:
        BadData: the recipes do not go together, the data set has no folds, or ``out`` holds
            something else.
    """
    cascade = Cascade(list(recipes), data, out, nested)
    cascade.check()
    if not resume and out.is_dir() and any(out.iterdir()):
        raise BadData(f"{out}: is not empty; add --resume to go on, or choose another")
    for done, steps in (
        ("trained", _trainings(cascade, final)),
        ("outlined", _outlinings(cascade)),
        ("answered", _answerings(cascade)),
    ):
        for name in run_jobs(steps, jobs):
            say(f"{done} {name}")
    return write_judgement(cascade, say)


def _trainings(cascade: Cascade, final: bool) -> list[Job]:
    jobs = []
    for recipe in cascade.recipes:
        for unseen in [*cascade.unseen(recipe), *([()] if final else [])]:
            run = cascade.run(recipe.name, unseen)
            what = recipe, cascade.data, run, unseen
            jobs.append(Job(f"{recipe.name} {run.name}", _train, what))
    return jobs


def _outlinings(cascade: Cascade) -> list[Job]:
    jobs = []
    for recipe in cascade.segmenters:
        for unseen in cascade.unseen(recipe):
            run, masks = cascade.run(recipe.name, unseen), cascade.masks(recipe.name, unseen)
            what = run, cascade.data, unseen, masks
            jobs.append(Job(f"{recipe.name} {run.name}", _outline, what))
    return jobs


def _answerings(cascade: Cascade) -> list[Job]:
    jobs = []
    for recipe in cascade.classifiers:
        for unseen in cascade.unseen(recipe):
            for outlines in cascade.outlines if len(unseen) == 1 else cascade.inner_outlines:
                run = cascade.run(recipe.name, unseen)
                masks = None if outlines == DRAWN else cascade.masks(outlines, unseen)
                answers = cascade.answers(recipe.name, unseen, outlines)
                what = run, cascade.data, unseen, masks, answers
                jobs.append(Job(f"{recipe.name} {run.name} on {outlines} outlines", _answer, what))
    return jobs


def _train(recipe: AnyRecipe, data: Path, out: Path, unseen: Unseen) -> None:
    first, *others = unseen or (None,)
    train_recipe(recipe, data, out, first, [fold for fold in others if fold is not None])


def _outline(run_folder: Path, data: Path, unseen: Unseen, out: Path) -> None:
    """Write the masks that a run draws on folds that it has not seen."""
    source, marker = sha256_of(run_folder / RUN), out / SOURCE
    if not marker.is_file() or marker.read_text("utf-8") != source:
        # Of no run, or of another that was there: nothing of it may stay.
        shutil.rmtree(out, ignore_errors=True)
        write_text(marker, source)
    rows = [row for row in read_manifest(data) if row.fold in unseen and row.mask is not None]
    missing = [row for row in rows if not mask_file(out, row).is_file()]
    if not missing:
        return
    run = load_run(run_folder)
    segmenter, objective = run.segmenter(), run.recipe.objective
    for row in missing:
        mask = nodule_mask(
            read_frame(data, row), segmenter, objective.threshold, objective.minimum_share
        )
        with replacing(mask_file(out, row)) as stream:
            Image.fromarray(mask.astype(np.uint8) * 255).save(stream, "PNG")


def _answer(run_folder: Path, data: Path, unseen: Unseen, masks: Path | None, out: Path) -> None:
    """Write what a classifier says of folds that it has not seen."""
    source = {
        "run": sha256_of(run_folder / RUN),
        "outlines": None if masks is None else (masks / SOURCE).read_text("utf-8"),
    }
    if out.is_file():
        earlier = json.loads(out.read_text("utf-8"))
        if {key: earlier.get(key) for key in source} == source:
            return
    run = load_any_run(run_folder)
    judge, objective = run.judge(), run.recipe.objective
    odds: dict[str, float] = {}
    whole = []
    for row in read_manifest(data):
        if row.fold not in unseen or row.mask is None or objective.class_of(row.labels) is None:
            continue
        frame, mask = read_pair(data, row)
        if masks is not None:
            mask = read_mask(mask_file(masks, row))
        answer = image_odds(judge, frame, mask)
        odds[row.id] = round(answer.odds, 6)
        if answer.whole:
            whole.append(row.id)
    write_json(out, {**source, "odds": odds, "judged_whole": whole})
