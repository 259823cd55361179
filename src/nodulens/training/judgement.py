"""What a cross-validation of the whole cascade found: figures, and what each stage loses.

See :mod:`nodulens.training.crossval` for how it is made sure that nothing which decides about a
fold has seen it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodulens.analysis.judge import stacked
from nodulens.data.manifest import Row, identity
from nodulens.evaluation.bootstrap import in_words
from nodulens.evaluation.conformal import defer
from nodulens.evaluation.delong import compare_auc
from nodulens.evaluation.evaluate import evaluate_classification, evaluate_segmentation
from nodulens.evaluation.subgroups import Assigned, subgroups_of
from nodulens.files import sha256_of, write_json, write_text
from nodulens.finding import NOTICE
from nodulens.runtime.bundle import Part, Stack
from nodulens.runtime.odds import probability_of
from nodulens.training.attribute_skill import attribute_skill
from nodulens.training.cascade import DRAWN, Cascade, Unseen, part_of
from nodulens.training.forest import ForestRun
from nodulens.training.recipe import AnyRecipe, ForestRecipe, Labelled, Recipe
from nodulens.training.run import load_any_run, weights_of
from nodulens.training.stacking import fit_stack

CROSSVAL = "crossval.json"
ERROR = 0.1
"""Rate of errors in each class at which the deferral of the finding is set."""


def write_judgement(cascade: Cascade, say: Callable[[str], None]) -> dict[str, Any]:
    """Evaluate a finished cross-validation and write ``crossval.json`` and ``crossval.md``.

    Args:
        cascade: with all answers.
        say: is told what was done.

    Returns:
        What was written to ``crossval.json``.
    """
    record = _Judgement(cascade).record(say)
    write_json(cascade.out / CROSSVAL, record)
    write_text(cascade.out / "crossval.md", _as_markdown(record))
    return record


class _Heard(NamedTuple):
    """Images, and of each part of a system what it says of them: log-odds (n,)."""

    rows: list[Row]
    odds: dict[Part, NDArray[np.float64]]


@dataclass
class _Judgement:
    cascade: Cascade

    def record(self, say: Callable[[str], None]) -> dict[str, Any]:
        cascade = self.cascade
        record: dict[str, Any] = {
            "schema_version": "1.0",
            "notice": NOTICE,
            "data": {"identity": identity(cascade.rows)},
            "folds": cascade.folds,
            "positive": cascade.classifiers[0].objective.classes[-1]
            if cascade.classifiers
            else None,
            "recipes": [one.without_paths().model_dump(mode="json") for one in cascade.recipes],
            "inner_outlines": "of segmentations that had seen neither fold"
            if cascade.nested
            else "drawn",
            "segmentation": {},
            "classification": {},
            "stages": [],
            "attributes": {},
            "final": {},
        }
        for recipe in cascade.segmenters:
            record["segmentation"][recipe.name] = self._segmentation(recipe)
            say(f"judged {recipe.name}")
        for system, heard in cascade.systems.items():
            found: dict[str, Any] = {}
            for outlines in cascade.outlines:
                found[outlines] = self._system(system, heard, outlines)
                say(f"judged {system} on {outlines} outlines")
            record["classification"][system] = {
                outlines: one["metrics"] for outlines, one in found.items()
            }
            record["stages"] += [
                self._lost(system, found[DRAWN], found[one.name], one.name)
                for one in cascade.segmenters
            ]
            record["final"][system] = self._final(heard)
        for classifier in cascade.classifiers:
            if isinstance(classifier, ForestRecipe) and classifier.objective.attributes:
                record["attributes"] = self._attributes(classifier)
                say(f"judged the attributes of {classifier.name}")
        return record

    @cached_property
    def _subgroups(self) -> dict[str, Assigned]:
        """The subgroups of every image with an outline, by its id."""
        outlined = [row for row in self.cascade.rows if row.mask is not None]
        return subgroups_of(self.cascade.data, outlined)

    def _segmentation(self, recipe: Recipe) -> dict[str, Any]:
        cascade = self.cascade
        metrics = evaluate_segmentation(
            cascade.data,
            [row for row in cascade.rows if row.fold is not None],
            lambda row, _: cascade.mask(recipe.name, row),
            cascade.out / "figures" / recipe.name,
            configuration={
                "recipe": recipe.without_paths().model_dump(mode="json"),
                "data": {"identity": identity(cascade.rows)},
                "rows": "out of fold",
                "models": self._identities([recipe]),
            },
        )
        return {**metrics["headline"], "long_axis": metrics["long_axis"]}

    def _system(self, system: str, heard: Sequence[AnyRecipe], outlines: str) -> dict[str, Any]:
        cascade, objective = self.cascade, heard[0].objective
        inner_outlines = outlines if cascade.nested else DRAWN
        kept: list[Row] = []
        odds: list[float] = []
        thresholds: list[float] = []
        stacks: list[dict[str, Any]] = []
        for fold in cascade.folds:
            inner = [
                (other, (min(fold, other), max(fold, other)))
                for other in cascade.folds
                if other != fold
            ]
            stack, share = _weighed(objective, self._hear(heard, inner, inner_outlines))
            judged = self._hear(heard, [(fold, (fold,))], outlines)
            kept += judged.rows
            odds += stacked(stack, judged.odds).tolist()
            thresholds += [share] * len(judged.rows)
            stacks.append({"fold": fold, "threshold": share, **stack.model_dump()})
        probability = probability_of(np.asarray(odds))
        # Each fold has a threshold of its own; moved so that all of them lie at one half.
        moved = np.asarray(odds) - np.log(np.asarray(thresholds) / (1 - np.asarray(thresholds)))
        classes = [str(objective.class_of(row.labels)) for row in kept]
        metrics = evaluate_classification(
            [row.id for row in kept],
            [row.group for row in kept],
            classes,
            probability,
            cascade.out / "figures" / system / outlines,
            positive=objective.classes[-1],
            threshold=thresholds,
            subgroups=[self._subgroups[row.id] for row in kept],
            folds=_folds(kept),
            configuration={
                "system": system,
                "recipes": [one.without_paths().model_dump(mode="json") for one in heard],
                "data": {"identity": identity(cascade.rows)},
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
            "truth": _truth(objective, kept),
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
            for fold in self.cascade.folds
            for folder in [self.cascade.run(recipe.name, (fold,))]
        ]

    def _hear(
        self, heard: Sequence[AnyRecipe], folds: Iterable[tuple[int, Unseen]], outlines: str
    ) -> _Heard:
        """Return what classifiers say of the images of some folds.

        Args:
            heard: the classifiers.
            folds: each with what the runs that speak of it have not seen.
            outlines: that they judge on; images that one of them did not judge are left out.
        """
        rows: list[Row] = []
        odds: dict[Part, list[float]] = {part_of(one): [] for one in heard}
        for fold, unseen in folds:
            said = {part_of(one): self.cascade.told(one.name, unseen, outlines) for one in heard}
            judged = [
                row
                for row in self.cascade.rows
                if row.fold == fold and all(row.id in answers for answers in said.values())
            ]
            rows += judged
            for part, answers in said.items():
                odds[part] += [answers[row.id] for row in judged]
        return _Heard(rows, {part: np.asarray(values) for part, values in odds.items()})

    @staticmethod
    def _lost(
        system: str, drawn: dict[str, Any], predicted: dict[str, Any], segmenter: str
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
        cascade = self.cascade
        runs = {fold: load_any_run(cascade.run(recipe.name, (fold,))) for fold in cascade.folds}
        forests = {fold: run for fold, run in runs.items() if isinstance(run, ForestRun)}
        result = {}
        for outlines in cascade.outlines:

            def mask(
                row: Row, drawn: NDArray[np.bool_], outlines: str = outlines
            ) -> NDArray[np.bool_]:
                if outlines == DRAWN or row.fold is None:
                    return drawn
                return cascade.mask(outlines, row)

            result[outlines] = attribute_skill(forests, cascade.rows, cascade.data, mask)
        return result

    def _final(self, heard: Sequence[AnyRecipe]) -> dict[str, Any]:
        """Return how a system is to be used that has learned from all folds."""
        cascade, objective = self.cascade, heard[0].objective
        outlines = cascade.segmenters[0].name if cascade.segmenters else DRAWN
        said = self._hear(heard, [(fold, (fold,)) for fold in cascade.folds], outlines)
        stack, share = _weighed(objective, said)
        probability = probability_of(stacked(stack, said.odds))
        return {
            "outlines": outlines,
            "stack": stack.model_dump(),
            "threshold": share,
            "deferral": defer(_truth(objective, said.rows), probability, _folds(said.rows), ERROR),
            "images": len(said.rows),
        }


def _weighed(objective: Labelled, said: _Heard) -> tuple[Stack, float]:
    """Return how the parts are weighed by these images, and the positives' share of them."""
    truth = _truth(objective, said.rows)
    return fit_stack(said.odds, truth), float(truth.mean())


def _truth(objective: Labelled, rows: Sequence[Row]) -> NDArray[np.bool_]:
    return np.asarray([objective.class_of(row.labels) == objective.classes[-1] for row in rows])


def _folds(rows: Sequence[Row]) -> list[int]:
    return [row.fold if row.fold is not None else -1 for row in rows]


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
