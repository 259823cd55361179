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
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nodulens.analysis.judge import image_odds, stacked
from nodulens.analysis.segment import nodule_mask
from nodulens.data.manifest import Row, identity, read_manifest
from nodulens.data.pairs import read_frame, read_pair
from nodulens.data.pictures import read_mask
from nodulens.errors import BadData
from nodulens.evaluation.bootstrap import in_words
from nodulens.evaluation.conformal import defer
from nodulens.evaluation.delong import compare_auc
from nodulens.evaluation.evaluate import evaluate_classification, evaluate_segmentation
from nodulens.evaluation.subgroups import Assigned, Subgroups
from nodulens.files import replacing, sha256_of, write_json, write_text
from nodulens.finding import NOTICE, Frame
from nodulens.runtime.bundle import Part, Stack
from nodulens.runtime.odds import probability_of
from nodulens.training.attribute_skill import attribute_skill
from nodulens.training.forest import ForestRun
from nodulens.training.jobs import Job, run_jobs
from nodulens.training.recipe import AnyRecipe, ForestRecipe, Recipe
from nodulens.training.record import RUN
from nodulens.training.run import load_any_run, load_run, weights_of
from nodulens.training.stacking import fit_stack
from nodulens.training.train_recipe import train_recipe

CROSSVAL = "crossval.json"
DRAWN = "drawn"
FUSION = "fusion"
SOURCE = "run.sha256"
"""Beside masks: of the ``run.json`` of the run that drew them."""
ERROR = 0.1
"""Rate of errors in each class at which the deferral of the finding is set."""

Say = Callable[[str], None]


def crossval(
    recipes: Sequence[AnyRecipe],
    data: Path,
    out: Path,
    *,
    resume: bool = False,
    jobs: int = 1,
    nested: bool = False,
    final: bool = False,
    say: Say = lambda _: None,
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
    work = _Work(list(recipes), data, out, nested)
    work.check(resume)
    for name in run_jobs(work.trainings(final), jobs):
        say(f"trained {name}")
    for name in run_jobs(work.outlinings(), jobs):
        say(f"outlined {name}")
    for name in run_jobs(work.answerings(), jobs):
        say(f"answered {name}")
    return work.judge(say)


@dataclass
class _Work:
    recipes: list[AnyRecipe]
    data: Path
    out: Path
    nested: bool
    rows: list[Row] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = read_manifest(self.data)

    @cached_property
    def segmenters(self) -> list[Recipe]:
        return [one for one in self.recipes if isinstance(one, Recipe) and _segments(one)]

    @cached_property
    def classifiers(self) -> list[AnyRecipe]:
        return [one for one in self.recipes if one.task == "classification"]

    @cached_property
    def folds(self) -> list[int]:
        return sorted({row.fold for row in self.rows if row.fold is not None})

    @property
    def outlines(self) -> list[str]:
        """Where outlines come from that classifiers are judged on."""
        return [DRAWN, *(one.name for one in self.segmenters)]

    @property
    def systems(self) -> dict[str, list[AnyRecipe]]:
        """System to the classifiers that it hears."""
        alone = {one.name: [one] for one in self.classifiers}
        return alone | ({FUSION: self.classifiers} if len(alone) > 1 else {})

    def check(self, resume: bool) -> None:
        names = [one.name for one in self.recipes]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise BadData(f"{twice[0]}: two recipes of this name; give each its own")
        reserved = {DRAWN, FUSION, "answers", "figures", "outlines"} & set(names)
        if reserved:
            raise BadData(f"{sorted(reserved)[0]}: is a name of crossval's own; rename the recipe")
        for one in self.recipes:
            if one.task == "distillation":
                raise BadData(f"{one.name}: a distillation has no fold; train it beforehand")
        kinds = [_part(one) for one in self.classifiers]
        if len(kinds) > len(set(kinds)):
            raise BadData(
                "one classifying network and one forest can be weighed together, not two of a "
                "kind; cross-validate them one after the other"
            )
        goals = {(o.label, *o.classes) for o in (one.objective for one in self.classifiers)}
        if len(goals) > 1:
            raise BadData("the classifiers learn different labels; give them the same objective")
        if len(self.folds) < 3:
            raise BadData(
                f"{self.data}: has {len(self.folds)} folds, and inner folds need 3; "
                "run `nodulens data split`"
            )
        if not resume and self.out.is_dir() and any(self.out.iterdir()):
            raise BadData(f"{self.out}: is not empty; add --resume to go on, or choose another")

    # Trainings

    def trainings(self, final: bool) -> list[Job]:
        jobs = []
        for recipe in self.recipes:
            inner = recipe.task == "classification" or self.nested
            unseen: list[tuple[int, ...]] = [(k,) for k in self.folds]
            unseen += list(combinations(self.folds, 2)) if inner and self.classifiers else []
            unseen += [()] if final else []
            for folds in unseen:
                folder = self.run(recipe.name, folds)
                what = recipe, self.data, folder, folds
                jobs.append(Job(f"{recipe.name} {folder.name}", _train, what))
        return jobs

    def run(self, recipe: str, folds: Sequence[int]) -> Path:
        return run_folder(self.out, recipe, folds)

    # Outlines

    def outlinings(self) -> list[Job]:
        jobs = []
        for recipe in self.segmenters:
            unseen: list[tuple[int, ...]] = [(k,) for k in self.folds]
            if self.nested and self.classifiers:
                unseen += list(combinations(self.folds, 2))
            for folds in unseen:
                run, out = self.run(recipe.name, folds), self.masks(recipe.name, folds)
                jobs.append(
                    Job(f"{recipe.name} {out.name}", _outline, (run, self.data, folds, out))
                )
        return jobs

    def masks(self, recipe: str, folds: Sequence[int]) -> Path:
        return self.out / "outlines" / recipe / self.run(recipe, folds).name

    # Answers

    def answerings(self) -> list[Job]:
        jobs = []
        for recipe in self.classifiers:
            for folds in [(k,) for k in self.folds]:
                jobs += [self._answering(recipe, folds, outlines) for outlines in self.outlines]
            inner = self.outlines if self.nested else [DRAWN]
            for pair in combinations(self.folds, 2):
                jobs += [self._answering(recipe, pair, outlines) for outlines in inner]
        return jobs

    def _answering(self, recipe: AnyRecipe, folds: tuple[int, ...], outlines: str) -> Job:
        masks = None if outlines == DRAWN else self.masks(outlines, folds)
        out = self.answers(recipe.name, folds, outlines)
        run = self.run(recipe.name, folds)
        return Job(
            f"{recipe.name} {run.name} on {outlines} outlines",
            _answer,
            (run, self.data, folds, masks, out),
        )

    def answers(self, recipe: str, folds: Sequence[int], outlines: str) -> Path:
        name = f"{self.run(recipe, folds).name}-{outlines}.json"
        return self.out / "answers" / recipe / name

    def told(self, recipe: AnyRecipe, folds: Sequence[int], outlines: str) -> dict[str, float]:
        content = json.loads(self.answers(recipe.name, folds, outlines).read_text("utf-8"))
        odds: dict[str, float] = content["odds"]
        return odds

    # Judgement

    def judge(self, say: Say) -> dict[str, Any]:
        """Evaluate everything and write it down."""
        record: dict[str, Any] = {
            "schema_version": "1.0",
            "notice": NOTICE,
            "data": {"identity": identity(self.rows)},
            "folds": self.folds,
            "positive": self.classifiers[0].objective.classes[-1] if self.classifiers else None,
            "recipes": [one.without_paths().model_dump(mode="json") for one in self.recipes],
            "inner_outlines": "of segmentations that had seen neither fold"
            if self.nested
            else "drawn",
            "segmentation": {},
            "classification": {},
            "stages": [],
            "attributes": {},
            "final": {},
        }
        for recipe in self.segmenters:
            record["segmentation"][recipe.name] = self._segmentation(recipe)
            say(f"judged {recipe.name}")
        for system, heard in self.systems.items():
            found: dict[str, Any] = {}
            for outlines in self.outlines:
                found[outlines] = self._system(system, heard, outlines)
                say(f"judged {system} on {outlines} outlines")
            record["classification"][system] = {
                outlines: one["metrics"] for outlines, one in found.items()
            }
            record["stages"] += [
                self._lost(system, found[DRAWN], found[one.name], one.name)
                for one in self.segmenters
            ]
            record["final"][system] = self._final(heard)
        for heard_one in self.classifiers:
            if isinstance(heard_one, ForestRecipe) and heard_one.objective.attributes:
                record["attributes"] = self._attributes(heard_one)
                say(f"judged the attributes of {heard_one.name}")
        write_json(self.out / CROSSVAL, record)
        write_text(self.out / "crossval.md", _as_markdown(record))
        return record

    @cached_property
    def _subgroups(self) -> dict[str, Assigned]:
        """The subgroups of every image with an outline, by its id."""
        collected, ids = Subgroups(), []
        for row in self.rows:
            if row.mask is not None:
                collected.add(row, *read_pair(self.data, row))
                ids.append(row.id)
        return dict(zip(ids, collected.assigned(), strict=True))

    def _segmentation(self, recipe: Recipe) -> dict[str, Any]:
        out = self.out / "figures" / recipe.name

        def drawn(row: Row, frame: Frame) -> NDArray[np.bool_]:
            assert row.fold is not None
            return read_mask(_mask_file(self.masks(recipe.name, (row.fold,)), row))

        metrics = evaluate_segmentation(
            self.data,
            [row for row in self.rows if row.fold is not None],
            drawn,
            out,
            configuration={
                "recipe": recipe.without_paths().model_dump(mode="json"),
                "data": {"identity": identity(self.rows)},
                "rows": "out of fold",
                "models": self._identities([recipe]),
            },
        )
        return {**metrics["headline"], "long_axis": metrics["long_axis"]}

    def _system(self, system: str, heard: Sequence[AnyRecipe], outlines: str) -> dict[str, Any]:
        objective = heard[0].objective
        kept: list[Row] = []
        odds: list[float] = []
        thresholds: list[float] = []
        stacks: list[dict[str, Any]] = []
        for fold in self.folds:
            stack, share = self._inner(heard, fold, outlines)
            said = {_part(one): self.told(one, (fold,), outlines) for one in heard}
            rows = self._judged(said.values(), fold)
            arrays = {
                part: np.asarray([answers[row.id] for row in rows])
                for part, answers in said.items()
            }
            kept += rows
            odds += stacked(stack, arrays).tolist()
            thresholds += [share] * len(rows)
            stacks.append({"fold": fold, "threshold": share, **stack.model_dump()})
        probability = probability_of(np.asarray(odds))
        # Each fold has a threshold of its own; moved so that all of them lie at one half.
        moved = np.asarray(odds) - np.log(np.asarray(thresholds) / (1 - np.asarray(thresholds)))
        classes = [str(objective.class_of(row.labels)) for row in kept]
        truth = np.asarray([name == objective.classes[-1] for name in classes])
        folds = [row.fold if row.fold is not None else -1 for row in kept]
        metrics = evaluate_classification(
            [row.id for row in kept],
            [row.group for row in kept],
            classes,
            probability,
            self.out / "figures" / system / outlines,
            positive=objective.classes[-1],
            threshold=thresholds,
            subgroups=[self._subgroups[row.id] for row in kept],
            folds=folds,
            configuration={
                "system": system,
                "recipes": [one.without_paths().model_dump(mode="json") for one in heard],
                "data": {"identity": identity(self.rows)},
                "outlines": outlines,
                "rows": "out of fold",
                "models": self._identities(heard),
                "inner": stacks,
                "image_answer": "mean log-odds over the nodules of an image",
            },
        )
        return {
            "metrics": metrics["metrics"],
            "rows": kept,
            "odds": np.asarray(odds),
            "truth": truth,
            "moved": moved,
        }

    def _identities(self, recipes: Sequence[AnyRecipe]) -> list[dict[str, Any]]:
        """Say which weights were judged, each on the fold that it has not seen."""
        return [
            {
                "run": f"{recipe.name}/{folder.name}",
                "fold": fold,
                "sha256": sha256_of(weights_of(folder)),
            }
            for recipe in recipes
            for fold in self.folds
            for folder in [self.run(recipe.name, (fold,))]
        ]

    def _inner(self, heard: Sequence[AnyRecipe], fold: int, outlines: str) -> tuple[Stack, float]:
        """Return the stack for a fold and the positives' share, both from its inner folds."""
        where = outlines if self.nested else DRAWN
        rows: list[Row] = []
        odds: dict[Part, list[float]] = {_part(one): [] for one in heard}
        for other in self.folds:
            if other == fold:
                continue
            pair = (min(fold, other), max(fold, other))
            said = {_part(one): self.told(one, pair, where) for one in heard}
            judged = self._judged(said.values(), other)
            rows += judged
            for part, answers in said.items():
                odds[part] += [answers[row.id] for row in judged]
        return self._weighed(heard, rows, odds)

    def _weighed(
        self, heard: Sequence[AnyRecipe], rows: Sequence[Row], odds: dict[Part, list[float]]
    ) -> tuple[Stack, float]:
        objective = heard[0].objective
        truth = np.asarray(
            [objective.class_of(row.labels) == objective.classes[-1] for row in rows]
        )
        arrays = {part: np.asarray(values) for part, values in odds.items()}
        return fit_stack(arrays, truth), float(truth.mean())

    def _judged(self, said: Iterable[dict[str, float]], fold: int) -> list[Row]:
        answers = list(said)
        return [
            row for row in self.rows if row.fold == fold and all(row.id in one for one in answers)
        ]

    def _lost(
        self, system: str, drawn: dict[str, Any], predicted: dict[str, Any], segmenter: str
    ) -> dict[str, Any]:
        """Say what is lost by predicting the outlines."""
        # The same images, in the same order: without an outline drawn, none is judged.
        difference = compare_auc(
            drawn["truth"],
            predicted["odds"],
            drawn["odds"],
            [row.group for row in drawn["rows"]],
        )
        return {
            "system": system,
            "segmenter": segmenter,
            "auc_drawn": round(difference.second, 6),
            "auc_predicted": round(difference.first, 6),
            "difference": round(difference.difference, 6),
            "low": round(difference.low, 6),
            "high": round(difference.high, 6),
            "p_value": round(difference.p_value, 6),
            "decisions_changed": round(
                float(((drawn["moved"] >= 0) != (predicted["moved"] >= 0)).mean()), 6
            ),
        }

    def _attributes(self, recipe: ForestRecipe) -> dict[str, Any]:
        runs = {fold: load_any_run(self.run(recipe.name, (fold,))) for fold in self.folds}
        forests = {fold: run for fold, run in runs.items() if isinstance(run, ForestRun)}
        result = {}
        for outlines in self.outlines:

            def mask(
                row: Row, drawn: NDArray[np.bool_], outlines: str = outlines
            ) -> NDArray[np.bool_]:
                if outlines == DRAWN or row.fold is None:
                    return drawn
                return read_mask(_mask_file(self.masks(outlines, (row.fold,)), row))

            result[outlines] = attribute_skill(forests, self.rows, self.data, mask)
        return result

    def _final(self, heard: Sequence[AnyRecipe]) -> dict[str, Any]:
        """Return how a system is to be used that has learned from all folds."""
        outlines = (
            self.outlines[-1]
            if len(self.outlines) == 2
            else self.outlines[min(1, len(self.outlines) - 1)]
        )
        rows: list[Row] = []
        odds: dict[Part, list[float]] = {_part(one): [] for one in heard}
        for fold in self.folds:
            said = {_part(one): self.told(one, (fold,), outlines) for one in heard}
            judged = self._judged(said.values(), fold)
            rows += judged
            for part, answers in said.items():
                odds[part] += [answers[row.id] for row in judged]
        stack, share = self._weighed(heard, rows, odds)
        arrays = {part: np.asarray(values) for part, values in odds.items()}
        objective = heard[0].objective
        truth = np.asarray(
            [objective.class_of(row.labels) == objective.classes[-1] for row in rows]
        )
        folds = [row.fold if row.fold is not None else -1 for row in rows]
        deferral = defer(truth, probability_of(stacked(stack, arrays)), folds, ERROR)
        return {
            "outlines": outlines,
            "stack": stack.model_dump(),
            "threshold": share,
            "deferral": deferral,
            "images": len(rows),
        }


def run_folder(out: Path, recipe: str, folds: Sequence[int]) -> Path:
    """Return the folder of the run of a recipe that has not seen some folds.

    Args:
        out: folder of the cross-validation.
        recipe: its name.
        folds: none, one or two.
    """
    names = {0: "all", 1: "fold", 2: "folds"}
    return out / recipe / (names[len(folds)] + "-".join(map(str, folds)))


def _segments(recipe: Recipe) -> bool:
    return recipe.task == "segmentation"


def _part(recipe: AnyRecipe) -> Part:
    return "forest" if isinstance(recipe, ForestRecipe) else "network"


def _mask_file(folder: Path, row: Row) -> Path:
    return folder / f"{row.id}.png"


def _train(recipe: AnyRecipe, data: Path, out: Path, unseen: tuple[int, ...]) -> None:
    first, *others = unseen or (None,)
    train_recipe(recipe, data, out, first, [fold for fold in others if fold is not None])


def _outline(run_folder: Path, data: Path, folds: Sequence[int], out: Path) -> None:
    """Write the masks that a run draws on folds that it has not seen."""
    source, marker = sha256_of(run_folder / RUN), out / SOURCE
    if not marker.is_file() or marker.read_text("utf-8") != source:
        # Of no run, or of another that was there: nothing of it may stay.
        shutil.rmtree(out, ignore_errors=True)
        write_text(marker, source)
    rows = [row for row in read_manifest(data) if row.fold in folds and row.mask is not None]
    missing = [row for row in rows if not _mask_file(out, row).is_file()]
    if not missing:
        return
    run = load_run(run_folder)
    segmenter, objective = run.segmenter(), run.recipe.objective
    for row in missing:
        mask = nodule_mask(
            read_frame(data, row), segmenter, objective.threshold, objective.minimum_share
        )
        with replacing(_mask_file(out, row)) as stream:
            Image.fromarray(mask.astype(np.uint8) * 255).save(stream, "PNG")


def _answer(
    run_folder: Path, data: Path, folds: Sequence[int], masks: Path | None, out: Path
) -> None:
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
        if row.fold not in folds or row.mask is None or objective.class_of(row.labels) is None:
            continue
        frame, mask = read_pair(data, row)
        if masks is not None:
            mask = read_mask(_mask_file(masks, row))
        answer = image_odds(judge, frame, mask)
        odds[row.id] = round(answer.odds, 6)
        if answer.whole:
            whole.append(row.id)
    write_json(out, {**source, "odds": odds, "judged_whole": whole})


def _as_markdown(record: dict[str, Any]) -> str:
    lines = ["# Cross-validation", "", f"**{record['notice']}**", ""]
    if record["segmentation"]:
        lines += ["| outlines of | Dice | long axis, mean absolute error |", "|---|---|---|"]
        for name, found in record["segmentation"].items():
            error = found["long_axis"]["absolute_error"]
            lines.append(f"| {name} | {in_words(found['dice'])} | {in_words(error)} |")
        lines.append("")
    if record["classification"]:
        shown = ("auc", "balanced_accuracy", "mcc", "f1", "brier", "calibration_error")
        lines += [f"| system | outlines | {' | '.join(shown)} |", "|---" * (len(shown) + 2) + "|"]
        for system, by_outlines in record["classification"].items():
            for outlines, metrics in by_outlines.items():
                cells = " | ".join(in_words(metrics[name]) for name in shown)
                lines.append(f"| {system} | {outlines} | {cells} |")
        # The constant answers are of the images alone, the same for every system.
        metrics = next(iter(next(iter(record["classification"].values())).values()))
        for constant in metrics["auc"]["baselines"]:
            cells = " | ".join(in_words(metrics[name]["baselines"][constant]) for name in shown)
            lines.append(f"| {constant} | none | {cells} |")
        lines += [
            "",
            "| system | segmenter | AUC lost by predicting the outlines | decisions changed |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| {one['system']} | {one['segmenter']} | {-one['difference']:.3f} "
            f"[{-one['high']:.3f}, {-one['low']:.3f}] | {one['decisions_changed']:.3f} |"
            for one in record["stages"]
        ]
        lines.append("")
    return "\n".join(lines)
