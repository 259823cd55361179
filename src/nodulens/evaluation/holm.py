"""Many comparisons in one table (Holm, Scand J Stat 1979, 6:65)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values adjusted so that all of a table together err as rarely as one should.

    Args:
        p_values: of the table, each 0 to 1.

    Returns:
        Adjusted values in the same order, each at least its own, at most 1.
    """
    values = np.asarray(p_values, dtype=float)
    order = np.argsort(values, kind="stable")
    factors = np.arange(len(values), 0, -1)
    adjusted = np.empty(len(values))
    adjusted[order] = np.maximum.accumulate(values[order] * factors).clip(max=1)
    return [float(value) for value in adjusted]
