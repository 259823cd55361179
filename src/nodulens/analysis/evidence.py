"""Which features of a nodule speak for its label, and which against it.

How much a concept (size, border, brightness, …) speaks is found by asking again with the features
of that concept replaced by those of other nodules that the forest learned from, and comparing: what
remains if the nodule were, in this respect alone, one of the others. Correlated features go
together, so that they cannot stand in for each other. It is said of the model, not of the nodule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nodulens.finding import Evidence, MeasuredFeature
from nodulens.measure.features import FEATURES
from nodulens.runtime.bundle import Forest

Odds = Callable[[NDArray[np.float32]], NDArray[np.float64]]
"""From features (n, F) to the log-odds of the last label, (n,)."""

_FAINT = 0.05
"""Log-odds below which a concept does not speak."""
_BY_NAME = {feature.name: feature for feature in FEATURES}


def find_evidence(
    forest: Forest, features: NDArray[np.float32], odds: Odds, weight: float, label: str
) -> list[Evidence]:
    """Say what speaks for and against a label.

    Args:
        forest: as the bundle describes it.
        features: of the nodule, (F,).
        odds: what the forest says.
        weight: of the forest's log-odds in the whole answer.
        label: that the odds are of.

    Returns:
        For each concept its part, the strongest first.
    """
    names = [feature.name for feature in forest.features]
    concepts = [_BY_NAME[name].concept for name in names]
    groups = [
        (concept, [place for place, own in enumerate(concepts) if own == concept])
        for concept in dict.fromkeys(concepts)
    ]
    here = float(odds(features[None])[0])
    changes = weight * (here - _replaced(forest, features, [group for _, group in groups], odds))
    singles = weight * (here - _replaced(forest, features, [[k] for k in range(len(names))], odds))
    result = []
    for (concept, group), change in zip(groups, changes.tolist(), strict=True):
        # Of its features the one that by itself pulls hardest in the same direction.
        strongest = max(group, key=lambda place: singles[place] * np.sign(change or 1.0))
        known = forest.features[strongest]
        feature = _BY_NAME[known.name]
        value = float(features[strongest])
        share = _rank(value, known.deciles)
        measured = MeasuredFeature(
            name=known.name,
            value=float(f"{value:.6g}"),
            unit=feature.unit,
            percentile=round(100 * share, 1),
        )
        detail = f"{feature.definition}, {_in_words(share)}"
        result.append(say(concept, detail, change, label, measured))
    return strongest_first(result)


def say(
    concept: str, detail: str, change: float, label: str, feature: MeasuredFeature | None = None
) -> Evidence:
    """Put into words what a concept contributes.

    Args:
        concept: what it is about.
        detail: what was seen.
        change: what it adds to the log-odds of the label.
        label: the label.
        feature: the number that carries most of it.
    """
    speaks: Literal["for", "against", "neither"] = "for" if change > 0 else "against"
    if abs(change) < _FAINT:
        speaks = "neither"
    verdict = f"says little about {label}" if speaks == "neither" else f"{speaks} {label}"
    return Evidence(
        concept=concept,
        speaks=speaks,
        log_odds=round(change, 4),
        words=f"{concept}: {detail}; {verdict}",
        feature=feature,
    )


def strongest_first(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Return evidence in the order of its weight."""
    return sorted(evidence, key=lambda one: -abs(one.log_odds))


def _replaced(
    forest: Forest, features: NDArray[np.float32], groups: list[list[int]], odds: Odds
) -> NDArray[np.float64]:
    """Return for each group of features the mean log-odds with others' values in its place."""
    background = np.asarray(forest.background, np.float32)
    asked = np.tile(features, (len(groups), len(background), 1))
    for number, group in enumerate(groups):
        asked[number][:, group] = background[:, group]
    answers = odds(asked.reshape(-1, features.size))
    result: NDArray[np.float64] = answers.reshape(len(groups), -1).mean(axis=1)
    return result


def _rank(value: float, deciles: list[float]) -> float:
    """Return the share of the nodules learned from that have a lower value, 0 to 1."""
    below = float(np.searchsorted(deciles, value, "left"))
    above = float(np.searchsorted(deciles, value, "right"))
    if below != above:  # on a decile, or on several alike
        return (below + above - 1) / 2 / (len(deciles) - 1)
    if not 0 < below < len(deciles):
        return float(below > 0)
    low, high = deciles[int(below) - 1], deciles[int(below)]
    return (below - 1 + (value - low) / (high - low)) / (len(deciles) - 1)


def _in_words(share: float) -> str:
    hundredth = round(100 * share)
    if hundredth >= 50:
        return f"higher than in {hundredth} % of the nodules learned from"
    return f"lower than in {100 - hundredth} % of the nodules learned from"
