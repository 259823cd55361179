from __future__ import annotations

import json

import numpy as np
import pytest

from nodulens.evaluation.importance import (
    concept_columns,
    explain_features,
    permutation_importance,
)

GENERATOR = np.random.default_rng(7)
N = 240
LABELS = GENERATOR.random(N) < 0.5
FEATURES = GENERATOR.normal(size=(N, 10))
FEATURES[:, 3] += 2.0 * LABELS
GROUPS = [f"p{i // 2}" for i in range(N)]
EACH = {f"f{i}": [i] for i in range(10)}
WEIGHTS = np.full(10, 0.05)
WEIGHTS[3] = 1.0


def answer(features: np.ndarray) -> np.ndarray:
    return features @ WEIGHTS


def test_the_one_that_informs_among_ten() -> None:
    found = permutation_importance(FEATURES, LABELS, GROUPS, answer, EACH)
    assert max(found, key=lambda name: found[name].difference) == "f3"
    # Without it, nothing but noise is left.
    assert found["f3"].first > 0.85
    assert found["f3"].second == pytest.approx(0.5, abs=0.06)
    assert found["f3"].low > 0.25
    for name, drop in found.items():
        if name != "f3":
            assert drop.low < 0.005
            assert drop.high > -0.005
            assert abs(drop.difference) < 0.01


def test_what_the_answer_does_not_read_is_worth_nothing() -> None:
    drop = permutation_importance(
        FEATURES, LABELS, GROUPS, lambda x: x[:, 3], {"other": [0, 1, 2]}, draws=3
    )["other"]
    assert [drop.difference, drop.low, drop.high] == pytest.approx([0, 0, 0], abs=1e-12)


def test_twins_stand_in_for_one_another_until_they_are_permuted_together() -> None:
    twins = np.column_stack([FEATURES[:, 3], FEATURES[:, 3]])
    columns = {"one": [0], "both": [0, 1]}
    found = permutation_importance(twins, LABELS, GROUPS, lambda x: x.max(1), columns)
    assert found["both"].difference > 2 * found["one"].difference


def test_within_folds_nothing_crosses_over() -> None:
    folds = np.arange(N) % 3
    seen: list[np.ndarray] = []

    def watch(features: np.ndarray) -> np.ndarray:
        seen.append(features[:, 0])
        return features[:, 0]

    marked = folds[:, None] + np.linspace(0, 0.5, N)[:, None]
    permutation_importance(
        marked, LABELS, GROUPS, watch, {"mark": [0]}, within=folds.tolist(), draws=4
    )
    assert all(np.array_equal(values.astype(int), folds) for values in seen)
    assert not np.array_equal(seen[0], seen[1])


def test_concepts_by_the_beginnings_of_names() -> None:
    names = ["echo_inside", "echo_border_step", "co_energy_1", "spiculation", "spots_count"]
    concepts = {"brightness": ["echo_"], "border": ["echo_border", "spic"], "size": ["area"]}
    assert concept_columns(names, concepts) == {"brightness": [0], "border": [1, 3]}


def test_tables_are_plain_data_in_order_and_the_same_by_seed() -> None:
    names = [f"a_{i}" for i in range(5)] + [f"b_{i}" for i in range(5)]
    tables = [
        explain_features(
            FEATURES, LABELS, GROUPS, answer, names, {"A": ["a_"], "B": ["b_"]}, draws=5, seed=seed
        )
        for seed in (0, 0, 1)
    ]
    one, again, other = (json.dumps(table, allow_nan=False) for table in tables)
    assert one == again != other
    assert tables[0]["features"][0]["name"] == "a_3"
    assert [part["name"] for part in tables[0]["concepts"]] == ["A", "B"]
    assert tables[0]["concepts"][1]["features"] == names[5:]
    assert tables[0]["groups"] == N // 2


def test_one_class_has_no_curve() -> None:
    with pytest.raises(ValueError, match="same label"):
        permutation_importance(FEATURES, np.ones(N, bool), GROUPS, answer, EACH, draws=1)
