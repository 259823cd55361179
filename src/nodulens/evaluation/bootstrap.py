"""Intervals that know that images of one patient are not independent.

The percentile cluster bootstrap (Davison and Hinkley, "Bootstrap Methods and their Application",
1997, section 3.8): patients are drawn with replacement, each with all of their images, and the
statistic is computed on each draw. A draw is held as weights, how often each image is in it, so
that a statistic of weights is computed for many draws at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Weights = NDArray[np.float64]
"""Shape (draws, n): how often each of the n images is in each draw; whole numbers."""
Statistic = Callable[[Weights], NDArray[np.float64]]
"""From weights (draws, n) to values (draws,); NaN where a draw leaves the value undefined."""

DRAWS = 2000
LEVEL = 0.95
_BLOCK = 1_000_000  # weights held at once, which bounds the memory


@dataclass(frozen=True)
class Estimate:
    """A figure and its interval.

    Attributes:
        value: on all images; None where it is undefined.
        low, high: ends of the interval; None where fewer than two groups or no defined draw exist.
        images, groups: what it was computed on.
        undefined_draws: draws that left the figure undefined (a draw of one class has no AUC) and
            are not in the interval.
    """

    value: float | None
    low: float | None
    high: float | None
    images: int
    groups: int
    undefined_draws: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return plain data; None stays None, numbers are rounded to six decimals."""
        record: dict[str, Any] = {
            "value": _rounded(self.value),
            "low": _rounded(self.low),
            "high": _rounded(self.high),
            "images": self.images,
            "groups": self.groups,
        }
        if self.undefined_draws:
            record["undefined_draws"] = self.undefined_draws
        return record


class GroupBootstrap:
    """Draws of whole groups, the same for every statistic.

    Args:
        groups: the group of each image, length n.
        draws: how many draws.
        seed: of the draws; the same seed and groups give the same interval.
        level: coverage of the interval, between 0 and 1.
    """

    def __init__(
        self, groups: Sequence[str], *, draws: int = DRAWS, seed: int = 0, level: float = LEVEL
    ) -> None:
        names, self._member = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
        self.images = len(groups)
        self.groups = len(names)
        self.draws = draws
        self.seed = seed
        self.level = level

    def weights(self) -> Iterator[Weights]:
        """Yield the draws as weights (draws, n), in blocks of bounded size."""
        generator = np.random.default_rng(self.seed)
        block = max(1, _BLOCK // max(1, self.images))
        even = np.full(self.groups, 1 / max(1, self.groups))
        for start in range(0, self.draws, block):
            size = min(block, self.draws - start)
            counts = generator.multinomial(self.groups, even, size=size)
            yield counts[:, self._member].astype(np.float64)

    def estimate(self, statistic: Statistic) -> Estimate:
        """Return the statistic on all images with its percentile interval."""
        if self.images == 0:
            return Estimate(None, None, None, images=0, groups=0)
        value = float(statistic(np.ones((1, self.images)))[0])
        low = high = None
        undefined = 0
        # One group drawn again and again is the same draw: that is no interval.
        if self.groups > 1 and np.isfinite(value):
            drawn = np.concatenate([statistic(weights) for weights in self.weights()])
            defined = drawn[np.isfinite(drawn)]
            undefined = drawn.size - defined.size
            if defined.size:
                tail = 50 * (1 - self.level)
                low, high = (float(end) for end in np.percentile(defined, [tail, 100 - tail]))
        return Estimate(
            value if np.isfinite(value) else None,
            low,
            high,
            images=self.images,
            groups=self.groups,
            undefined_draws=undefined,
        )

    def describe(self) -> dict[str, Any]:
        """Return what a reader needs to repeat the intervals."""
        return {
            "method": "percentile bootstrap over groups, each drawn with all of its images",
            "draws": self.draws,
            "seed": self.seed,
            "level": self.level,
        }


def in_words(estimate: Mapping[str, Any]) -> str:
    """Return a figure of :meth:`Estimate.to_json` with its interval as text: 0.813 [0.796, 0.829].

    Args:
        estimate: ``value``, and ``low`` and ``high`` where there is an interval.
    """
    if estimate["value"] is None:
        return "not defined"
    text = f"{estimate['value']:.3f}"
    if estimate.get("low") is not None:
        text += f" [{estimate['low']:.3f}, {estimate['high']:.3f}]"
    return text


def mean(values: ArrayLike) -> Statistic:
    """Return the mean of ``values`` (n,) as a statistic of weights."""
    return ratio(values, np.ones(len(np.asarray(values))))


def ratio(numerators: ArrayLike, denominators: ArrayLike) -> Statistic:
    """Return Σ numerators / Σ denominators, each (n,); NaN where the denominators add up to 0."""
    above, below = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)

    def statistic(weights: Weights) -> NDArray[np.float64]:
        return divide(weights @ above, weights @ below)

    return statistic


def median(values: ArrayLike) -> Statistic:
    """Return the median of ``values`` (n,) as a statistic of weights."""
    ordered = np.asarray(values, dtype=float)
    order = np.argsort(ordered, kind="stable")
    ordered = ordered[order]

    def statistic(weights: Weights) -> NDArray[np.float64]:
        # The value at place k of the drawn sample is the first whose running count exceeds k.
        running = weights[:, order].cumsum(axis=1)
        drawn = running[:, -1:]
        lower = (running <= np.floor((drawn - 1) / 2)).sum(axis=1)
        upper = (running <= np.floor(drawn / 2)).sum(axis=1)
        return np.asarray((ordered[lower] + ordered[upper]) / 2)

    return statistic


def divide(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide draw by draw, (draws,) each; NaN where ``below`` is 0."""
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0)


def group_interval(
    values: Sequence[float | None],
    groups: Sequence[str],
    statistic: Callable[[ArrayLike], Statistic] = mean,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Estimate:
    """Return a statistic of one value an image, over the images that have a value.

    Args:
        values: one an image; None where the image has none (a distance to an empty mask, say).
        groups: the group of each image.
        statistic: :func:`mean` or :func:`median`, or another that takes the values.
        draws: how many draws.
        seed: of the draws.
    """
    kept = [
        (value, group) for value, group in zip(values, groups, strict=True) if value is not None
    ]
    bootstrap = GroupBootstrap([group for _, group in kept], draws=draws, seed=seed)
    return bootstrap.estimate(statistic([value for value, _ in kept]))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
