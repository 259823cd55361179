"""What a classifier looked at, found by hiding one place of its region after the other.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (arXiv 1311.2901), section
4.2. It asks the classifier and nothing else, and so works for every kind, without torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from nodulens.runtime.odds import log_odds

Classify = Callable[[Sequence[NDArray[np.uint8]]], list[NDArray[np.float32]]]
"""For each uint8 region (h, w) the probability of each label, float32 (labels,)."""

CELLS = 7
"""Places along a side. Fewer miss where, more cost their square and hide too little to matter."""
_BATCH = 16
"""Regions handed over at once, which bounds the memory."""


def forward_passes(cells: int = CELLS) -> int:
    """Return how many regions :func:`occlusion_map` asks about: 50 with 7 cells a side."""
    return cells * cells + 1


def occlusion_map(
    classify: Classify, region: NDArray[np.uint8], *, cells: int = CELLS, label: int = -1
) -> NDArray[np.float32]:
    """Map how much each place of a region speaks for a label.

    Hidden is one cell of a grid after the other, fading out over the cell beside it, so that
    neighbours overlap and no hard edge is put into the picture, which an ultrasound network may
    take for a border. What is hidden becomes as bright as the region is on average. Black would be
    a shadow or a cyst, and so evidence of its own; a blurred picture would keep how bright the
    place is, which is evidence that must be hidden, too. The fill has no speckle: a classifier that
    lives on speckle misses it wherever it is hidden.

    Args:
        classify: such as :class:`nodulens.runtime.session.OnnxClassifier`.
        region: uint8 (h, w).
        cells: of the grid along each side; see :func:`forward_passes` for what it costs.
        label: index of the label in question.

    Returns:
        Log-odds of the label lost by hiding a place, float32 (h, w), natural logarithm: above 0 the
        place speaks for the label, below against it. Each pixel has the mean over what hid it,
        weighted by how much it was hidden.
    """
    rows, columns = (_windows(side, cells) for side in region.shape)
    places = [(row, column) for row in rows for column in columns]
    fill = region.mean()
    (usual,) = _odds(classify, [region], label)
    lost = np.zeros(region.shape)
    total = np.zeros(region.shape)
    for start in range(0, len(places), _BATCH):
        windows = [np.outer(*place) for place in places[start : start + _BATCH]]
        hidden = [np.rint(region + (fill - region) * w).astype(np.uint8) for w in windows]
        for window, odds in zip(windows, _odds(classify, hidden, label), strict=True):
            lost += window * (usual - odds)
            total += window
    return (lost / total).astype(np.float32)


def _windows(side: int, cells: int) -> NDArray[np.float64]:
    """Return how much each cell's window hides along a side, (cells, side): 1 within the cell."""
    cell = side / cells
    middles = (np.arange(cells) + 0.5) * cell
    away = np.abs(np.arange(side) + 0.5 - middles[:, None]) / cell
    return (1.5 - away).clip(0, 1)


def _odds(
    classify: Classify, regions: Sequence[NDArray[np.uint8]], label: int
) -> NDArray[np.float64]:
    return log_odds(np.asarray(classify(regions))[:, label])
