"""CLAIM and TRIPOD+AI, filled in with what a study's files say; the rest is for its authors.

What they ask for stands in ``checklists.toml`` beside this file, in our own words.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from nodulens.data.manifest import Row
from nodulens.evaluation.benchmark.collect import Result
from nodulens.evaluation.benchmark.tables import Table, judged_on
from nodulens.evaluation.bootstrap import in_words
from nodulens.finding import NOTICE

AUTHORS = "To be filled in by the authors."


@dataclass(frozen=True)
class Item:
    """What a guideline asks for, and what is known; ``answer`` is empty where nothing is."""

    item: str
    part: str
    asks: str
    answer: str


@dataclass(frozen=True)
class Checklist:
    """A guideline: its name, where it was published, and its items."""

    name: str
    source: str
    items: list[Item]

    @property
    def unknown(self) -> list[Item]:
        """The items that the files say nothing about."""
        return [item for item in self.items if not item.answer]


def fill_checklists(
    tables: Sequence[Table], results: Sequence[Result], rows: Sequence[Row] = ()
) -> list[Checklist]:
    """Return the checklists.

    Args:
        tables: of the study.
        results: of all of them.
        rows: of the data set's manifest; none where the study names no data set.
    """
    known = facts(tables, results, rows)
    content = tomllib.loads(
        resources.files(__package__).joinpath("checklists.toml").read_text("utf-8")
    )
    return [
        Checklist(
            entry["name"],
            entry["source"],
            [
                Item(
                    item["item"],
                    item["part"],
                    item["asks"],
                    " ".join(known[name] for name in item.get("known", []) if known[name]),
                )
                for item in entry["items"]
            ],
        )
        for entry in content["checklist"]
    ]


def facts(
    tables: Sequence[Table], results: Sequence[Result], rows: Sequence[Row] = ()
) -> dict[str, str]:
    """Return what the study knows, a sentence or more by name; empty where it knows nothing."""
    return {**_of_figures(tables, results), **_of_models(results), **_of_data(results, rows)}


def markdown(checklists: Iterable[Checklist]) -> str:
    """Return the checklists in Markdown."""
    parts = []
    for checklist in checklists:
        parts.append(f"## {checklist.name}\n\n{checklist.source}\n")
        parts.append("| item | part | asks for | from the study's files |\n|---|---|---|---|")
        for item in checklist.items:
            cells = (item.item, item.part, item.asks, item.answer or f"**{AUTHORS}**")
            parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        numbers = ", ".join(item.item for item in checklist.unknown)
        parts.append(f"\nFor the authors: {numbers or 'none'}.\n")
    return "\n".join(parts) + f"\n{NOTICE}\n"


def _of_figures(tables: Sequence[Table], results: Sequence[Result]) -> dict[str, str]:
    outlines = [r for r in results if r.metrics["task"] == "segmentation"]
    judged = [r for r in results if r.metrics["task"] == "classification"]
    statistics = results[0].metrics["statistics"]
    compared = any(column.key.endswith("_p_holm") for table in tables for column in table.columns)
    return {
        "metrics": "; ".join(
            f"{table.title}: {', '.join(column.title for column in table.columns)}"
            for table in tables
        )
        + ". Each follows the protocol stated below the table.",
        "statistics": f"{100 * statistics['level']:.0f} % intervals: {statistics['method']}, "
        f"{statistics['draws']} draws.",
        "comparisons": (
            "Paired comparisons with each table's reference: permutation by group for Dice, "
            "DeLong's test for images in groups for AUC, p values after Holm within each table."
        )
        * compared,
        "judged": _sentences(f"{r.name}: {judged_on(r)}" for r in results),
        "headline": _sentences(
            f"{r.name}: Dice {in_words(r.metrics['headline']['dice'])}" for r in outlines
        ),
        "accuracy": _sentences(
            f"{r.name}: AUC {in_words(r.metrics['metrics']['auc'])}, sensitivity "
            f"{in_words(r.metrics['metrics']['sensitivity'])}, specificity "
            f"{in_words(r.metrics['metrics']['specificity'])}"
            for r in judged
        ),
        "failures": "The images of lowest Dice are listed with the figures." if outlines else "",
        "numbers": _sentences(
            f"{r.name}: {m['evaluated']} of {m['given']} images evaluated, "
            f"{r.metrics['headline']['groups']} groups"
            for r in outlines
            for m in [r.metrics["images"]]
        )
        + _sentences(
            f" {r.name}: {r.metrics['images']} images, {r.metrics['groups']} groups" for r in judged
        ),
        "excluded": _sentences(
            f"{r.name}: {m['without_outline']} images without an outline and {m['errors']} that "
            "failed are in no figure"
            for r in outlines
            for m in [r.metrics["images"]]
        ),
        "missing": (
            "Images without an outline or without a known label are left out and counted; nothing "
            "is imputed."
        ),
        "prevalence": _sentences(
            f"{r.name}: {r.metrics['positives']} of {r.metrics['images']} images are "
            f"{r.metrics['positive']}"
            for r in judged
        ),
        "outcome": _sentences(
            {
                f"Predicted label: {r.metrics['positive']} against {r.metrics['negative']}"
                for r in judged
            }
        ),
        "thresholds": _sentences(
            f"{r.name}: positive from probability {r.metrics['threshold']:.3f}, given and not "
            "chosen on these images"
            for r in judged
        ),
        "regions": _sentences(judged_on(r).partition(", ")[2] for r in judged),
    }


def _of_models(results: Sequence[Result]) -> dict[str, str]:
    def each(text: Any) -> str:
        return _sentences(
            dict.fromkeys(
                f"{result.name}: {said}"
                for result in results
                for recipe in _recipes(result)
                if (said := text(recipe))
            )
        )

    def start(recipe: dict[str, Any]) -> str:
        network, options = recipe["network"], recipe["network"]["options"]
        said = []
        if network.get("start_from"):
            said.append(f"weights of the run {network['start_from']}")
        if options.get("pretrained"):
            said.append(f"pretrained weights ({options.get('encoder', options['pretrained'])})")
        if options.get("backbone"):
            said.append(f"frozen backbone {options['backbone']}")
        return "; ".join(said) or "at random, as the network's builder has it"

    def training(recipe: dict[str, Any]) -> str:
        kept = {k: v for k, v in recipe["training"].items() if v is not None and k != "keep"}
        return ", ".join(f"{key} {value}" for key, value in kept.items())

    versions = {
        f"{name} {version}"
        for result in results
        for run in result.runs
        for name, version in run.get("versions", {}).items()
    }
    images = [
        f"{result.name}: {', '.join(str(run['images']['training']) for run in result.runs)} images"
        for result in results
        if result.runs and all("images" in run for run in result.runs)
    ]
    return {
        "networks": each(lambda r: f"{r['network']['name']} ({r.get('description') or r['name']})"),
        "recipes": each(lambda r: f"recipe {r['name']}, whole in metrics.json and in each run"),
        "inputs": each(
            lambda r: f"{r['task']} at {r['input']['height']}×{r['input']['width']} pixels"
        ),
        "preprocessing": (
            "Scan areas are found in each picture and shown to the network alone, scaled into its "
            "input; figures are at native size."
        )
        * any(_recipes(result) for result in results),
        "start": each(start),
        "training": each(training),
        "augmentation": each(
            lambda r: ", ".join(f"{k} {v:g}" for k, v in r["augmentation"].items() if v) or "none"
        ),
        "selection": each(
            lambda r: (
                f"the {r['training'].get('keep', 'best')} epoch"
                + (" by its validation part" if r["training"].get("keep", "best") == "best" else "")
            )
        ),
        "ensembling": each(
            lambda r: (
                "none; the answers for a picture and its mirror image are averaged"
                if r["objective"]["flip"]
                else "none"
            )
        ),
        "balance": each(
            lambda r: (
                (
                    "classes weighed against their numbers"
                    if r["objective"].get("balance")
                    else "classes not weighed"
                )
                * (r["task"] == "classification")
            )
        ),
        "parameters": _sentences(
            f"{r.name}: {r.cost.trainable:,} trainable and {r.cost.frozen or 0:,} frozen parameters"
            for r in results
            if r.cost.trainable is not None
        ),
        "software": f"{', '.join(sorted(versions))}." if versions else "",
        "training_images": "In training: " + _sentences(images) if images else "",
    }


def _of_data(results: Sequence[Result], rows: Sequence[Row]) -> dict[str, str]:
    identities = {
        result.metrics["configuration"].get("data", {}).get("identity") for result in results
    } - {None}
    folds = Counter(row.fold for row in rows if row.fold is not None)
    whole = folds and len({(row.group, row.fold) for row in rows}) == len({r.group for r in rows})
    of_fold = {fold: {row.group for row in rows if row.fold == fold} for fold in folds}
    licences = sorted({f"Licence: {row.licence}" for row in rows})
    ids = {row.id for row in rows}
    if rows and (others := [r.name for r in results if not r.images.keys() <= ids]):
        licences.append(f"Of other data, which these files do not describe: {', '.join(others)}")
    return {
        "licence": _sentences(licences),
        "identity": _sentences(f"Data set {one[:12]} (SHA-256)" for one in sorted(identities)),
        "partitions": f"{len(folds)} fold{'' if len(folds) == 1 else 's'}; a model is judged on "
        "the fold it has not seen where the table says out of fold."
        if folds
        else "",
        "disjoint": "Patients, with everything joined to them through duplicate images, are in one "
        "fold alone (checked)."
        if whole
        else "",
        "folds": _sentences(
            f"Fold {fold}: {count} images, {len(of_fold[fold])} groups"
            for fold, count in sorted(folds.items())
        ),
    }


def _recipes(result: Result) -> Iterator[dict[str, Any]]:
    """Yield the recipe of each model of a result, without paths."""
    for model in result.metrics["configuration"].get("models", []):
        if isinstance(model, dict) and "recipe" in model:
            yield model["recipe"]


def _sentences(texts: Iterable[str]) -> str:
    return " ".join(f"{text}." for text in texts)
