"""The other ways in which papers score segmentation, each under its own name.

They differ by many points on the same masks, so a figure means nothing without the protocol's
name, and no two share a column. This project's own headline, per-image foreground Dice and IoU at
native size, is in :mod:`nodulens.evaluation.segmentation`.

Each protocol says what it keeps of an image, a few numbers, and how it makes one figure of the
numbers of many images; that figure is a statistic of weights, so that each has its interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodulens.evaluation.bootstrap import GroupBootstrap, Statistic, Weights, mean, ratio
from nodulens.evaluation.segmentation import Mask, Overlap

Terms = NDArray[np.float64]
"""Shape (n, k): the k numbers that a protocol keeps of each of n images."""

_SIDE = 352
"""Height and width to which CLIP-TNseg's evaluation reduces every mask."""


@dataclass(frozen=True)
class Protocol:
    """A way of scoring a test set.

    Attributes:
        name: by which papers and ``metrics.json`` call it.
        description: what is computed, in a sentence.
        terms: what is kept of an image, from boolean masks (H, W) of one shape: prediction, truth.
        dice: makes the Dice of the terms of all images.
        iou: the same for the IoU; None where the protocol has none.
    """

    name: str
    description: str
    terms: Callable[[Mask, Mask], tuple[float, ...]]
    dice: Callable[[Terms], Statistic]
    iou: Callable[[Terms], Statistic] | None

    def result(
        self, terms: Sequence[tuple[float, ...]], bootstrap: GroupBootstrap
    ) -> dict[str, Any]:
        """Return ``images``, ``dice`` and, where the protocol has one, ``iou``, with intervals.

        Args:
            terms: of each image.
            bootstrap: over the groups of the same images.
        """
        kept = np.asarray(terms, np.float64)
        result: dict[str, Any] = {"description": self.description, "images": len(terms)}
        result["dice"] = bootstrap.estimate(self.dice(kept)).to_json()
        if self.iou is not None:
            result["iou"] = bootstrap.estimate(self.iou(kept)).to_json()
        return result


def _counts(prediction: Mask, truth: Mask) -> tuple[float, ...]:
    overlap = Overlap.of(prediction, truth)
    return overlap.both, overlap.predicted, overlap.true


def _pooled(above: Terms, below: Terms) -> Statistic:
    """Return Σ above / Σ below; 1 where not one pixel is in either mask."""
    share = ratio(above, below)

    def statistic(weights: Weights) -> NDArray[np.float64]:
        return np.nan_to_num(share(weights), nan=1.0)

    return statistic


def _two_classes(prediction: Mask, truth: Mask) -> tuple[float, ...]:
    prediction, truth = _reduced(prediction), _reduced(truth)
    dice = iou = 0.0
    for foreground in (False, True):
        counts = Overlap.of(prediction == foreground, truth == foreground)
        if counts.predicted or counts.true:
            dice += counts.dice / 2
            iou += counts.iou / 2
    return dice, iou


def _reduced(mask: Mask) -> Mask:
    """Reduce to 352×352 by nearest neighbour, source index floor(i·H/352)."""
    rows, columns = (np.arange(_SIDE) * side // _SIDE for side in mask.shape)
    return mask[np.ix_(rows, columns)]


def _foreground_iou(prediction: Mask, truth: Mask) -> tuple[float, ...]:
    return (Overlap.of(prediction, truth).iou,)


def _dice_of_mean_iou(terms: Terms) -> Statistic:
    mean_iou = mean(terms[:, 0])

    def statistic(weights: Weights) -> NDArray[np.float64]:
        found = mean_iou(weights)
        return 2 * found / (1 + found)

    return statistic


def _empties_upside_down(prediction: Mask, truth: Mask) -> tuple[float, ...]:
    counts = Overlap.of(prediction, truth)
    return (counts.dice if counts.true else float(counts.predicted > 0),)


# Used by most papers on QaTa-COV19 and MosMedData+ (TGC-Net's figures among them, almost surely;
# LViT's and RecLMIS's are per image). Large regions rule it: about 6 points above the per-image
# mean on QaTa-COV19.
_PIXEL_GLOBAL = Protocol(
    name="pixel-global",
    description="foreground pixels pooled over all images at native size, then one Dice and one "
    "IoU",
    terms=_counts,
    dice=lambda terms: _pooled(2 * terms[:, 0], terms[:, 1] + terms[:, 2]),
    iou=lambda terms: _pooled(terms[:, 0], terms[:, 1] + terms[:, 2] - terms[:, 0]),
)

# CLIP-TNseg's (arXiv 2412.05530), after its public evaluation code. The easy background lifts it
# far above the foreground's own figure. The reference predicts at 352×352; here the native
# prediction is reduced to it. An image rightly left empty gets 0.5.
_TWO_CLASS_MEAN = Protocol(
    name="two-class-mean",
    description="mean of background and foreground for each image, masks resized to 352×352 by "
    "nearest neighbour without keeping proportions, then the mean over images; a class in neither "
    "mask scores 0",
    terms=_two_classes,
    dice=lambda terms: mean(terms[:, 0]),
    iou=lambda terms: mean(terms[:, 1]),
)

# Many TN3K papers'. It is not a mean of Dice values: the function is concave, so on the same masks
# this is never below the per-image mean.
_DICE_OF_MEAN_IOU = Protocol(
    name="2miou/(1+miou)",
    description="mean over images of the foreground IoU at native size, turned into a Dice by "
    "2m/(1+m)",
    terms=_foreground_iou,
    dice=_dice_of_mean_iou,
    iou=lambda terms: mean(terms[:, 0]),
)

# TransUNet's (arXiv 2102.04306). Equal to the per-image mean where every image has a nodule.
_TRANSUNET = Protocol(
    name="transunet",
    description="mean over images of the foreground Dice at native size; an empty truth scores 1 "
    "with any prediction and 0 without, as TransUNet's reference code has it",
    terms=_empties_upside_down,
    dice=lambda terms: mean(terms[:, 0]),
    iou=None,
)

PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (_PIXEL_GLOBAL, _TWO_CLASS_MEAN, _DICE_OF_MEAN_IOU, _TRANSUNET)
}
"""Protocol by name."""
