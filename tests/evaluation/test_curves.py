from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodulens.evaluation.classification import statistics
from nodulens.evaluation.curves import roc_points


def test_by_hand() -> None:
    labels = np.array([True, True, False, True, False])
    false, true = roc_points(labels, np.array([0.9, 0.8, 0.7, 0.4, 0.1]))
    # The first two positives lie on one line.
    assert false.tolist() == [0, 0, 0.5, 0.5, 1]
    assert true.tolist() == pytest.approx([0, 2 / 3, 2 / 3, 1, 1])


def test_a_constant_answer_is_the_diagonal() -> None:
    false, true = roc_points(np.array([True, False, True]), np.full(3, 0.4))
    assert false.tolist() == true.tolist() == [0, 1]


@st.composite
def samples(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    size = draw(st.integers(2, 40))
    labels = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    labels[:2] = True, False
    grades = draw(st.lists(st.integers(0, 12), min_size=size, max_size=size))
    return labels, np.array(grades) / 12


@given(samples())
def test_the_area_below_is_the_auc(sample: tuple[np.ndarray, np.ndarray]) -> None:
    false, true = roc_points(*sample)
    auc = statistics(*sample, 0.5)["auc"](np.ones((1, sample[0].size)))[0]
    assert np.trapezoid(true, false) == pytest.approx(auc)


@pytest.mark.train
@given(samples())
def test_scikit_learn_draws_the_same_line(sample: tuple[np.ndarray, np.ndarray]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    ours = set(zip(*(rates.round(9).tolist() for rates in roc_points(*sample)), strict=True))
    false, true, _ = metrics.roc_curve(*sample, drop_intermediate=False)
    theirs = list(zip(false.round(9).tolist(), true.round(9).tolist(), strict=True))
    assert ours <= set(theirs)
    assert np.interp(false, *_rising(ours)) == pytest.approx(np.interp(false, *_rising(theirs)))


def _rising(points: set[tuple[float, float]] | list[tuple[float, float]]) -> list[list[float]]:
    return [list(rates) for rates in zip(*sorted(points), strict=True)]
