"""The region of interest around a nodule: what a classifier sees, in training and in use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodulens.analysis.segment import nodule_parts, union
from nodulens.finding import Area, Frame
from nodulens.measure.outline import bounding_box
from nodulens.runtime.bundle import Region

NoduleMasks = Sequence[tuple[int, NDArray[np.bool_]]]
"""Of each nodule the index of its scan area and its mask, bool (H, W)."""


class Parts(NamedTuple):
    """What of a frame there is to judge.

    Attributes:
        masks: of each nodule the index of its scan area and its mask, bool (H, W).
        whole: nothing was outlined, and these are the whole scan areas.
    """

    masks: list[tuple[int, NDArray[np.bool_]]]
    whole: bool


def parts_to_judge(frame: Frame, mask: NDArray[np.bool_]) -> Parts:
    """Divide a mask into what is judged: its nodules, or all there is to see without any.

    Args:
        frame: with its scan areas.
        mask: bool (H, W) of all nodules.
    """
    if parts := nodule_parts(mask, frame.scan_areas):
        return Parts(parts, whole=False)
    whole = []
    for index, area in enumerate(frame.scan_areas):
        everywhere = np.zeros(mask.shape, np.bool_)
        everywhere[area.slices] = True
        whole.append((index, everywhere))
    return Parts(whole, whole=True)


def cut_regions(frame: Frame, parts: NoduleMasks, region: Region) -> list[NDArray[np.uint8]]:
    """Cut out what a classifier sees of the nodules of a frame, uint8 (h, w) each.

    Args:
        frame: with its scan areas.
        parts: its nodules.
        region: how to cut; regions of a ``union`` are fewer than nodules.
    """
    return [
        cut_region(frame.pixels, mask, frame.scan_areas[index], region)
        for index, mask in judged_together(parts, region)
    ]


def judged_together(parts: NoduleMasks, region: Region) -> list[tuple[int, NDArray[np.bool_]]]:
    """Return what has a region of its own: each nodule, or all of a scan area.

    Args:
        parts: the nodules of a frame.
        region: which of the two.
    """
    if region.of == "nodule":
        return list(parts)
    return [
        (index, union((part for i, part in parts if i == index), parts[0][1].shape))
        for index in sorted({index for index, _ in parts})
    ]


def cut_region(
    pixels: NDArray[np.uint8], mask: NDArray[np.bool_], scan_area: Area, region: Region
) -> NDArray[np.uint8]:
    """Cut out the region of one nodule, or of several that are judged together.

    Args:
        pixels: uint8 (H, W), grey.
        mask: bool (H, W), not empty.
        scan_area: the nodule's.
        region: how to cut.

    Returns:
        Picture, uint8 (h, w).

    Raises:
        ValueError: the mask is empty.
    """
    box = region_of_interest(mask, scan_area, region)
    if region.context == "kept":
        return pixels[box.slices]
    return np.where(mask[box.slices], pixels[box.slices], 0).astype(np.uint8)


def region_of_interest(mask: NDArray[np.bool_], scan_area: Area, region: Region) -> Area:
    """Place a region around a nodule, inside its scan area.

    The region is never larger than the scan area and is shifted to lie within it, so that no text
    or grade beside the scan can be seen. Where the scan area is too narrow for the region, it is
    cut; :class:`nodulens.runtime.preprocess.Letterbox` makes up for it in black.

    Args:
        mask: bool (H, W), not empty.
        scan_area: the nodule's.
        region: how to place it.

    Returns:
        The region; cut it out with ``pixels[box.slices]``.

    Raises:
        ValueError: the mask is empty.
    """
    box = bounding_box(mask)
    longer = max(box.height, box.width)
    border = 2 * region.margin * longer
    height, width = (
        max(region.minimum, round((longer if region.square else side) + border))
        for side in (box.height, box.width)
    )
    y, height = _place(box.y + box.height / 2, height, scan_area.y, scan_area.height)
    x, width = _place(box.x + box.width / 2, width, scan_area.x, scan_area.width)
    return Area(x=x, y=y, width=width, height=height)


def _place(centre: float, length: int, start: int, available: int) -> tuple[int, int]:
    """Lay a stretch around a centre, shifted and if need be shortened to fit."""
    length = min(length, available)
    return max(start, min(round(centre - length / 2), start + available - length)), length
