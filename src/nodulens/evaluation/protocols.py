"""The other ways in which papers score segmentation, each under its own name.

They differ by many points on the same masks, so a figure means nothing without the protocol's
name, and no two share a column. This project's own headline, per-image foreground Dice and IoU at
native size, is in :mod:`nodulens.evaluation.segmentation`.

Each protocol is an accumulator: ``add`` one image after another, ``result`` at the end; memory does
not grow with the number of images.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

import numpy as np

from nodulens.evaluation.segmentation import Mask, Overlap


class Accumulator(Protocol):
    """A scoring protocol that is fed one image at a time."""

    name: ClassVar[str]
    description: ClassVar[str]

    def add(self, prediction: Mask, truth: Mask) -> None:
        """Take in one image: boolean masks (H, W) of one shape, at native size."""

    def result(self) -> dict[str, Any]:
        """Return ``dice``, ``iou`` where the protocol has one, and ``images``; None without any."""


class PixelGlobal:
    """Pool the pixels of the whole test set, then one Dice and one IoU.

    Used by most papers on QaTa-COV19 and MosMedData+ (TGC-Net's figures among them, almost surely;
    LViT's and RecLMIS's are per image). Large regions rule it: about 6 points above the per-image
    mean on QaTa-COV19.
    """

    name: ClassVar[str] = "pixel-global"
    description: ClassVar[str] = (
        "foreground pixels pooled over all images at native size, then one Dice and one IoU"
    )

    def __init__(self) -> None:
        self._pooled = Overlap(0, 0, 0)
        self._images = 0

    def add(self, prediction: Mask, truth: Mask) -> None:
        """Take in one image."""
        self._pooled += Overlap.of(prediction, truth)
        self._images += 1

    def result(self) -> dict[str, Any]:
        """Return Dice and IoU of the pooled pixels; 1 where there is none in either mask."""
        if self._images == 0:
            return {"dice": None, "iou": None, "images": 0}
        return {"dice": self._pooled.dice, "iou": self._pooled.iou, "images": self._images}


class TwoClassMean:
    """Average background and foreground per image at 352×352, then over images.

    CLIP-TNseg's (arXiv 2412.05530), after its public evaluation code. The easy background lifts it
    far above the foreground's own figure. Resize rule: the whole picture to 352×352 without keeping
    its proportions, nearest neighbour with source index floor(i·H/352). The reference predicts at
    that size; here the native prediction is reduced to it. A class that is in neither mask scores
    0 there, so an image rightly left empty gets 0.5.
    """

    name: ClassVar[str] = "two-class-mean"
    description: ClassVar[str] = (
        "mean of background and foreground for each image, masks resized to 352×352 by nearest "
        "neighbour without keeping proportions, then the mean over images; a class in neither mask "
        "scores 0"
    )
    size: ClassVar[int] = 352

    def __init__(self) -> None:
        self._dice = 0.0
        self._iou = 0.0
        self._images = 0

    def add(self, prediction: Mask, truth: Mask) -> None:
        """Take in one image."""
        prediction, truth = self._resized(prediction), self._resized(truth)
        for foreground in (False, True):
            counts = Overlap.of(prediction == foreground, truth == foreground)
            if counts.predicted or counts.true:
                self._dice += counts.dice / 2
                self._iou += counts.iou / 2
        self._images += 1

    def result(self) -> dict[str, Any]:
        """Return the means over images."""
        if self._images == 0:
            return {"dice": None, "iou": None, "images": 0}
        return {
            "dice": self._dice / self._images,
            "iou": self._iou / self._images,
            "images": self._images,
        }

    def _resized(self, mask: Mask) -> Mask:
        rows, columns = (np.arange(self.size) * side // self.size for side in mask.shape)
        return mask[np.ix_(rows, columns)]


class DiceOfMeanIoU:
    """The Dice that the mean IoU would give: 2·mIoU / (1 + mIoU).

    Many TN3K papers'. It is not a mean of Dice values: the function is concave, so on the same
    masks this is never below the per-image mean.
    """

    name: ClassVar[str] = "2miou/(1+miou)"
    description: ClassVar[str] = (
        "mean over images of the foreground IoU at native size, turned into a Dice by 2m/(1+m)"
    )

    def __init__(self) -> None:
        self._iou = 0.0
        self._images = 0

    def add(self, prediction: Mask, truth: Mask) -> None:
        """Take in one image."""
        self._iou += Overlap.of(prediction, truth).iou
        self._images += 1

    def result(self) -> dict[str, Any]:
        """Return the mean IoU and the Dice made of it."""
        if self._images == 0:
            return {"dice": None, "iou": None, "images": 0}
        iou = self._iou / self._images
        return {"dice": 2 * iou / (1 + iou), "iou": iou, "images": self._images}


class TransUNet:
    """Per-image Dice as TransUNet's reference code scores it (arXiv 2102.04306).

    Upside down on empty masks: any prediction on an empty truth scores 1, two empty masks score 0.
    Equal to the per-image mean where every image has a nodule. There is no IoU in it.
    """

    name: ClassVar[str] = "transunet"
    description: ClassVar[str] = (
        "mean over images of the foreground Dice at native size; an empty truth scores 1 with any "
        "prediction and 0 without, as TransUNet's reference code has it"
    )

    def __init__(self) -> None:
        self._dice = 0.0
        self._images = 0

    def add(self, prediction: Mask, truth: Mask) -> None:
        """Take in one image."""
        counts = Overlap.of(prediction, truth)
        if counts.true:
            self._dice += counts.dice
        else:
            self._dice += float(counts.predicted > 0)
        self._images += 1

    def result(self) -> dict[str, Any]:
        """Return the mean over images."""
        if self._images == 0:
            return {"dice": None, "images": 0}
        return {"dice": self._dice / self._images, "images": self._images}


PROTOCOLS: dict[str, type[Accumulator]] = {
    protocol.name: protocol for protocol in (PixelGlobal, TwoClassMean, DiceOfMeanIoU, TransUNet)
}
"""Protocol by name."""
