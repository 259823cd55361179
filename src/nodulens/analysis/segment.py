"""From a frame to the masks of its nodules, whatever network does the looking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from nodulens.finding import Area, Frame

_TOUCHING = np.ones((3, 3), np.bool_)
"""Pixels that meet at a corner belong to one nodule."""


class Segmenter(Protocol):
    """Anything that says where nodule is in the views of scan areas."""

    def __call__(self, views: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return for each uint8 view (h, w) the probability of nodule, float32 (h, w), 0 to 1."""
        ...


def probability_map(frame: Frame, segmenter: Segmenter) -> NDArray[np.float32]:
    """Look at each scan area of a frame and paste the answers into one map.

    Args:
        frame: with its scan areas.
        segmenter: sees each area alone, at native size.

    Returns:
        Probability of nodule, float32 (H, W); 0 outside the scan areas.
    """
    result = np.zeros(frame.pixels.shape, np.float32)
    answers = segmenter([frame.pixels[area.slices] for area in frame.scan_areas])
    for area, answer in zip(frame.scan_areas, answers, strict=True):
        result[area.slices] = answer
    return result


def nodule_masks(
    probability: NDArray[np.float32],
    scan_areas: Sequence[Area],
    threshold: float,
    minimum_share: float,
) -> list[tuple[int, NDArray[np.bool_]]]:
    """Turn a probability map into nodules.

    Args:
        probability: float32 (H, W), as :func:`probability_map` returns it.
        scan_areas: of the frame; a nodule never crosses from one into another.
        threshold: least probability of a pixel that is nodule.
        minimum_share: of its scan area; what is smaller is a speck and dropped. Holes are filled
            first.

    Returns:
        For each nodule, areas in their order and left to right within: the index of its scan area
        and its mask, bool (H, W).
    """
    return nodule_parts(probability >= threshold, scan_areas, minimum_share)


def nodule_mask(
    frame: Frame, segmenter: Segmenter, threshold: float, minimum_share: float
) -> NDArray[np.bool_]:
    """Return all nodules of a frame in one mask, bool (H, W); arguments as for the steps to it."""
    probability = probability_map(frame, segmenter)
    parts = nodule_masks(probability, frame.scan_areas, threshold, minimum_share)
    return union((part for _, part in parts), frame.pixels.shape)


def nodule_parts(
    mask: NDArray[np.bool_], scan_areas: Sequence[Area], minimum_share: float = 0.0
) -> list[tuple[int, NDArray[np.bool_]]]:
    """Divide one mask into nodules: connected parts within a scan area, holes filled.

    Args:
        mask: bool (H, W); what lies outside the scan areas is left out.
        scan_areas: of the frame.
        minimum_share: of its scan area that a part must cover to be kept.

    Returns:
        As :func:`nodule_masks`.
    """
    result = []
    for index, area in enumerate(scan_areas):
        labels, kept = label_parts(_filled(mask[area.slices]), minimum_share)
        boxes = ndimage.find_objects(labels)
        for number in sorted(kept, key=lambda n: (boxes[n - 1][1].start, boxes[n - 1][0].start, n)):
            part = np.zeros(mask.shape, np.bool_)
            part[area.slices] = labels == number
            result.append((index, part))
    return result


def label_parts(
    mask: NDArray[np.bool_], minimum_share: float
) -> tuple[NDArray[np.int32], list[int]]:
    """Number the connected parts of a mask.

    Args:
        mask: bool (h, w), of one scan area.
        minimum_share: of it that a part must cover to be kept.

    Returns:
        The number of each pixel's part, int32 (h, w), 0 outside all of them; and the numbers of the
        parts that are kept, the largest first.
    """
    labels, count = ndimage.label(mask, structure=_TOUCHING)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    kept = [n for n in range(1, count + 1) if sizes[n] >= minimum_share * mask.size]
    return labels, sorted(kept, key=lambda n: -sizes[n])


def union(masks: Iterable[NDArray[np.bool_]], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return the pixels that are in any of the masks, bool of ``shape``; empty without masks."""
    result = np.zeros(shape, np.bool_)
    for mask in masks:
        result |= mask
    return result


def _filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill the holes of a mask: background that does not reach around it."""
    boxes = ndimage.find_objects(mask.astype(np.uint8))
    result = mask.copy()
    for box in boxes:
        # In the box alone, which is many times faster; around it there is only background.
        result[box] = ndimage.binary_fill_holes(mask[box])
    return result
