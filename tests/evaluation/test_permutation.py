from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import permutation_test

from nodulens.evaluation.permutation import permutation_p_value


def each(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def test_few_groups_are_tried_in_every_way() -> None:
    values = [0.1, 0.2, 0.05, 0.3, -0.02]
    # Of 32 changes of signs, those two that reach the sum found, and two with −0.02 turned round.
    assert permutation_p_value(values, each(5)) == 4 / 32
    expected = permutation_test(
        (np.asarray(values),), np.mean, permutation_type="samples", n_resamples=np.inf
    )
    assert permutation_p_value(values, each(5)) == pytest.approx(expected.pvalue)


def test_many_groups_are_drawn_repeatably_and_never_give_zero() -> None:
    generator = np.random.default_rng(0)
    values = generator.normal(0.1, 1, 60)
    found = permutation_p_value(values, each(60), draws=20_000)
    assert found == permutation_p_value(values, each(60), draws=20_000)
    expected = permutation_test(
        (values,), np.mean, permutation_type="samples", n_resamples=20_000, rng=1
    )
    assert found == pytest.approx(expected.pvalue, abs=0.015)
    assert permutation_p_value(np.ones(60), each(60), draws=99) == 1 / 100


def test_images_of_a_group_change_sign_together() -> None:
    values = np.ones(40)
    alone = permutation_p_value(values, each(40))
    assert alone < 0.001
    assert permutation_p_value(values, ["a", "b"] * 20) == 0.5
    assert permutation_p_value(np.zeros(20), each(20)) == 1
