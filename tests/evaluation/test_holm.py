from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodulens.evaluation.holm import holm


def test_the_smallest_is_multiplied_by_all_the_next_by_one_less() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_adjusted_values_keep_their_order_and_are_never_smaller(values: list[float]) -> None:
    adjusted = holm(values)
    for value, after in zip(values, adjusted, strict=True):
        assert value <= after <= 1 or after == 1
    for a, b in zip(values, adjusted, strict=True):
        for c, d in zip(values, adjusted, strict=True):
            if a < c:
                assert b <= d
