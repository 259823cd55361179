"""How well one mask agrees with the outline somebody drew: per-image metrics at native size.

All functions take boolean arrays (H, W) of one shape. Overlaps follow one rule where a mask is
empty: two empty masks agree (1), an empty mask against a filled one does not (0). Distances follow
"Metrics reloaded" (Maier-Hein et al., Nature Methods 21:195, 2024): between outline pixels, the
larger of the two directions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Mask = NDArray[np.bool_]

TOLERANCE_MM = 1.0
"""Tolerance of the surface Dice in millimetres, for images whose scale is known."""
TOLERANCE_PX = 5.0
"""Tolerance of the surface Dice in pixels, for all images."""

_TOUCHING = np.ones((3, 3), dtype=bool)  # diagonal neighbours belong to one nodule


@dataclass(frozen=True)
class Overlap:
    """Pixel counts of a prediction against a truth.

    Attributes:
        both: pixels in both masks (true positives).
        predicted: pixels in the prediction.
        true: pixels in the truth.
    """

    both: int
    predicted: int
    true: int

    @classmethod
    def of(cls, prediction: Mask, truth: Mask) -> Overlap:
        """Count two masks (H, W).

        Raises:
            ValueError: a mask is not boolean or the shapes differ.
        """
        if prediction.dtype != np.bool_ or truth.dtype != np.bool_:
            raise ValueError(f"masks must be boolean, not {prediction.dtype} and {truth.dtype}")
        if prediction.shape != truth.shape:
            raise ValueError(f"mask shapes differ: {prediction.shape} and {truth.shape}")
        return cls(
            both=int(np.count_nonzero(prediction & truth)),
            predicted=int(np.count_nonzero(prediction)),
            true=int(np.count_nonzero(truth)),
        )

    def __add__(self, other: Overlap) -> Overlap:
        """Pool the pixels of two images."""
        return Overlap(
            self.both + other.both, self.predicted + other.predicted, self.true + other.true
        )

    @property
    def dice(self) -> float:
        """2·|P∩T| / (|P|+|T|), from 0 to 1; 1 where both are empty."""
        return self._share(2 * self.both, self.predicted + self.true)

    @property
    def iou(self) -> float:
        """|P∩T| / |P∪T|, from 0 to 1; 1 where both are empty."""
        return self._share(self.both, self.predicted + self.true - self.both)

    @property
    def precision(self) -> float:
        """|P∩T| / |P|; 1 where both are empty, 0 where only one is."""
        return self._share(self.both, self.predicted)

    @property
    def recall(self) -> float:
        """|P∩T| / |T|; 1 where both are empty, 0 where only one is."""
        return self._share(self.both, self.true)

    def _share(self, part: int, whole: int) -> float:
        if self.predicted == 0 and self.true == 0:
            return 1.0
        return part / whole if whole else 0.0


@dataclass(frozen=True)
class SurfaceDistances:
    """Distances between two outlines, in the unit of the spacing they were measured with.

    An outline is the mask's pixels with a 4-neighbour outside the mask; beyond the picture's edge
    counts as outside. Each array holds one distance for each outline pixel: to the nearest outline
    pixel of the other mask, infinite where the other mask is empty.
    """

    from_prediction: NDArray[np.float64]
    from_truth: NDArray[np.float64]

    @classmethod
    def between(
        cls, prediction: Mask, truth: Mask, spacing: tuple[float, float] = (1.0, 1.0)
    ) -> SurfaceDistances:
        """Measure the distances between the outlines of two masks (H, W).

        Args:
            prediction: boolean mask.
            truth: boolean mask of the same shape.
            spacing: size of a pixel down a column and along a row (y, x); (1, 1) gives pixels.
        """
        box = ndimage.find_objects((prediction | truth).astype(np.uint8))
        if not box:
            return cls(np.empty(0), np.empty(0))
        # Every outline lies in the box around both masks: distances beyond it are never read.
        predicted, true = _outline(prediction[box[0]]), _outline(truth[box[0]])
        return cls(_distances(predicted, true, spacing), _distances(true, predicted, spacing))

    def times(self, length: float) -> SurfaceDistances:
        """Return the distances in another unit, of which ``length`` make the present one."""
        return SurfaceDistances(self.from_prediction * length, self.from_truth * length)

    def hausdorff_95(self) -> float | None:
        """Return the larger of the two directions' 95th percentiles.

        Percentiles are interpolated linearly. None where either mask is empty: there is no
        distance then, and a made-up one (the picture's diagonal, say) would rule any mean.
        """
        if self.from_prediction.size == 0 or self.from_truth.size == 0:
            return None
        return float(
            max(np.percentile(self.from_prediction, 95), np.percentile(self.from_truth, 95))
        )

    def dice(self, tolerance: float) -> float:
        """Return the surface Dice: the share of both outlines within ``tolerance`` of each other.

        Nikolov et al., J Med Internet Res 23:e26151 (2021), counted in outline pixels. 1 where both
        masks are empty, 0 where only one is.
        """
        pixels = self.from_prediction.size + self.from_truth.size
        if pixels == 0:
            return 1.0
        near = np.count_nonzero(self.from_prediction <= tolerance)
        near += np.count_nonzero(self.from_truth <= tolerance)
        return float(near / pixels)


def nodule_iou(prediction: Mask, truth: Mask) -> NDArray[np.float64]:
    """Return the IoU of each predicted nodule with each drawn one.

    A nodule is an 8-connected component: two that touch are one.

    Args:
        prediction: boolean mask (H, W).
        truth: boolean mask of the same shape.

    Returns:
        Shape (predicted nodules, drawn nodules), 0 to 1; either may be 0 long.
    """
    predicted, predictions = ndimage.label(prediction, _TOUCHING)
    drawn, truths = ndimage.label(truth, _TOUCHING)
    # Row and column 0 hold the background.
    shared = np.bincount(
        (predicted * (truths + 1) + drawn).ravel(), minlength=(predictions + 1) * (truths + 1)
    ).reshape(predictions + 1, truths + 1)
    union = shared.sum(axis=1, keepdims=True) + shared.sum(axis=0, keepdims=True) - shared
    return np.asarray((shared / np.maximum(union, 1))[1:, 1:], dtype=np.float64)


def count_hits(iou: NDArray[np.float64], bound: float) -> int:
    """Count the drawn nodules that a predicted one meets.

    A pair matches where its IoU is at least ``bound``; each nodule is used once, the best pair
    first. What remains of the drawn ones was missed, of the predicted ones false.

    Args:
        iou: from :func:`nodule_iou`.
        bound: least IoU of a match, above 0 and at most 1.
    """
    left = iou.copy()
    hits = 0
    while left.size and left.max() >= bound:
        row, column = np.unravel_index(left.argmax(), left.shape)
        left[row, :] = left[:, column] = 0
        hits += 1
    return hits


def _outline(mask: Mask) -> Mask:
    return np.asarray(mask & ~ndimage.binary_erosion(mask), dtype=np.bool_)


def _distances(start: Mask, target: Mask, spacing: tuple[float, float]) -> NDArray[np.float64]:
    if not target.any():
        return np.full(np.count_nonzero(start), np.inf)
    field = ndimage.distance_transform_edt(~target, sampling=spacing)
    return np.asarray(field[start], dtype=np.float64)
