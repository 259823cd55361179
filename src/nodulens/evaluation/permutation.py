"""Are two scores of the same images different? A paired permutation test.

If neither method is better, which of the two a score came from is a toss of a coin: the signs of
the differences may be changed at will, for all images of a group together.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

_EXACT = 12
"""Groups up to which all changes of signs are tried."""
_BLOCK = 500


def permutation_p_value(
    differences: ArrayLike, groups: Sequence[str], *, draws: int = 10_000, seed: int = 0
) -> float:
    """Return the two-sided p value of a mean difference of zero.

    Args:
        differences: one score less the other, (n,).
        groups: of each image.
        draws: changes of signs that are tried; with few groups, all there are.
        seed: of the draws.

    Returns:
        Share of the changes, the one that was found among them, whose mean is as far from zero;
        never 0.
    """
    values = np.asarray(differences, dtype=float)
    names, member = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    sums = np.bincount(member, values, len(names))
    found = abs(sums.sum())
    # Sums of the same numbers in another order differ in the last digits.
    enough = found - 1e-9 * max(1.0, np.abs(sums).sum())
    if len(names) <= _EXACT:
        signs = np.asarray(list(product((-1.0, 1.0), repeat=len(names))))
        return float((np.abs(signs @ sums) >= enough).mean())
    generator = np.random.default_rng(seed)
    reached = 1  # the signs as they were found
    for start in range(0, draws, _BLOCK):
        size = min(_BLOCK, draws - start)
        signs = generator.choice((-1.0, 1.0), (size, len(names)))
        reached += int((np.abs(signs @ sums) >= enough).sum())
    return reached / (draws + 1)
