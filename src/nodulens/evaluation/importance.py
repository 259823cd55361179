"""Which features an answer rests on: permutation importance.

Breiman, "Random Forests" (Machine Learning 2001, 45:5), section 10: a feature's values change
places among the images, and what the answer loses in order is what the feature was worth to it.
Features that say nearly the same stand in for one another, and each alone seems to be worth little;
so whole concepts are permuted as well, their features together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodulens.evaluation.delong import AucDifference, compare_auc

Answer = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From features (n, F), rows always in the same order, to log-odds of the positive label, (n,).

Rows keep their places, so that forests of several folds can each answer for their own.
"""

DRAWS = 30


def permutation_importance(
    features: NDArray[np.float64],
    labels: NDArray[np.bool_],
    groups: Sequence[str],
    answer: Answer,
    columns: Mapping[str, Sequence[int]],
    *,
    within: Sequence[int] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, AucDifference]:
    """Return how much of its area under the ROC curve an answer loses with each set of features.

    Args:
        features: (n, F), of images that the answer's models have not seen.
        labels: (n,), true for the positive class.
        groups: of each image; the interval is DeLong's by groups
            (:func:`nodulens.evaluation.delong.compare_auc`), of the mean over the draws.
        answer: asked once, and once more for each draw of each set.
        columns: of features that change places together, by the set's name.
        within: images change places only where this is the same, such as a fold, whose models
            answer for their own images alone; None for all.
        draws: permutations of each set.
        seed: of the draws; a set's permutations do not depend on the other sets.

    Returns:
        By the set's name the area before (``first``), the mean area after (``second``) and the
        difference, which is the importance.

    Raises:
        ValueError: all labels are alike.
    """
    strata = np.zeros(len(labels), int) if within is None else np.asarray(within)
    usual = answer(features)
    result = {}
    for name, chosen in columns.items():
        generator = np.random.default_rng(seed)
        answers = []
        for _ in range(draws):
            order = _permutation(strata, generator)
            changed = features.copy()
            changed[:, chosen] = features[order][:, chosen]
            answers.append(answer(changed))
        result[name] = compare_auc(labels, usual, np.asarray(answers), groups)
    return result


def concept_columns(
    names: Sequence[str], concepts: Mapping[str, Sequence[str]]
) -> dict[str, list[int]]:
    """Return the columns of each concept's features.

    Args:
        names: of the features, in the order of their columns.
        concepts: for each the beginnings of its features' names; of several that fit a name the
            longest decides.

    Returns:
        Concepts that have features here, in their order; what fits none belongs to none.
    """
    owners = {prefix: concept for concept, prefixes in concepts.items() for prefix in prefixes}
    found: dict[str, list[int]] = {concept: [] for concept in concepts}
    for column, name in enumerate(names):
        fitting = [prefix for prefix in owners if name.startswith(prefix)]
        if fitting:
            found[owners[max(fitting, key=len)]].append(column)
    return {concept: columns for concept, columns in found.items() if columns}


def explain_features(
    features: NDArray[np.float64],
    labels: NDArray[np.bool_],
    groups: Sequence[str],
    answer: Answer,
    names: Sequence[str],
    concepts: Mapping[str, Sequence[str]],
    *,
    within: Sequence[int] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the importance of every feature and every concept as plain data, greatest first.

    This is the section ``importance`` of ``explain.json``. Arguments are those of
    :func:`permutation_importance` and :func:`concept_columns`.
    """
    usual = answer(features)
    sets = {
        "concepts": concept_columns(names, concepts),
        "features": {name: [column] for column, name in enumerate(names)},
    }
    tables = {
        kind: permutation_importance(
            features, labels, groups, answer, columns, within=within, draws=draws, seed=seed
        )
        for kind, columns in sets.items()
    }
    return {
        "images": len(labels),
        "groups": len(set(groups)),
        "auc": compare_auc(labels, usual, usual, groups).first,
        "draws": draws,
        "seed": seed,
        **{
            kind: [
                {
                    "name": name,
                    "drop": {"value": drop.difference, "low": drop.low, "high": drop.high},
                    "features": [names[column] for column in sets[kind][name]],
                }
                for name, drop in sorted(table.items(), key=lambda item: -item[1].difference)
            ]
            for kind, table in tables.items()
        },
    }


def _permutation(strata: NDArray[np.int_], generator: np.random.Generator) -> NDArray[np.int_]:
    """Return where each image's new values come from, (n,)."""
    order = np.arange(len(strata))
    for one in np.unique(strata):
        here = np.flatnonzero(strata == one)
        order[here] = generator.permutation(here)
    return order
