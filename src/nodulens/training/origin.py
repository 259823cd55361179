"""What a bundle says of where its weights come from, and of what its probability means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nodulens.data.datasets import split_rows
from nodulens.data.manifest import Row, identity
from nodulens.runtime.bundle import Training
from nodulens.training.forest import ForestRun
from nodulens.training.recipe import Labelled, Recipe
from nodulens.training.record import seen_rows
from nodulens.training.run import Run
from nodulens.training.starts import starts_of

_SUSPICION = (
    "Learned the radiologist's suspicion (TI-RADS grade), not histology; sees the scan area only."
)


def meaning_of(objective: Labelled) -> str:
    """Say what a classification's probability is a probability of."""
    first, last = objective.classes[0], objective.classes[-1]
    return f"{last} rather than {first}, as the labels of the training set say"


def learned_rows(run: Run, rows: Sequence[Row]) -> list[Row]:
    """Return the rows that a network learned from.

    Args:
        run: of the network.
        rows: of the whole manifest that it was trained on.
    """
    settings = run.recipe.training
    seen = seen_rows(rows, run.recipe.objective, run.without)
    vocabulary = run.record["labels"]
    return [
        row
        for row in split_rows(seen, run.fold, settings.validation, settings.seed).training
        if row.mask is not None
        and (not vocabulary or any(row.labels.get(n) in values for n, values in vocabulary.items()))
    ]


def training_of(
    runs: Sequence[Run | ForestRun],
    data: Path,
    rows: Sequence[Row],
    learned: Sequence[Row],
    notes: Sequence[str],
) -> Training:
    """Return what a bundle says of the training of its parts.

    Args:
        runs: of its parts, all without the same folds.
        data: folder of the data set that they were trained on.
        rows: of its whole manifest.
        learned: those that they learned from.
        notes: sentences for the card, after those that are known.
    """
    recipes = [run.recipe for run in runs]
    known = [note for recipe in recipes if isinstance(recipe, Recipe) for note in starts_of(recipe)]
    if recipes[0].task == "classification":
        known.append(_SUSPICION)
    seeds = {
        recipe.training.seed if isinstance(recipe, Recipe) else recipe.forest.seed
        for recipe in recipes
    }
    unseen = sorted({*runs[0].without, *([] if runs[0].fold is None else [runs[0].fold])})
    held_out = f"fold{'s' if len(unseen) > 1 else ''} {', '.join(map(str, unseen)) or 'none'}"
    return Training(
        data=f"{data.resolve().name}, set {identity(rows)[:16]}, {held_out} held out",
        licence="; ".join(sorted({row.licence for row in rows})),
        recipe=" + ".join(recipe.name for recipe in recipes),
        seed=seeds.pop() if len(seeds) == 1 else None,
        images=len(learned),
        groups=len({row.group for row in learned}),
        notes=[*known, *notes],
    )
