"""Outlines drawn without looking at the tissue: what any network has to beat."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nodulens.evaluation.segmentation import Mask
from nodulens.finding import Area, Frame


def whole_scan_area(frame: Frame) -> Mask:
    """Return everything that is ultrasound, (H, W)."""
    mask = np.zeros(frame.pixels.shape, dtype=bool)
    for area in _areas(frame):
        mask[area.slices] = True
    return mask


def centred_ellipse(frame: Frame) -> Mask:
    """Return an ellipse half as wide and half as high amid each scan area, (H, W).

    That is about a nodule's typical place and size, as whoever takes the picture centres it and
    sets the depth to fit; on DDTI other proportions do no better.
    """
    mask = np.zeros(frame.pixels.shape, dtype=bool)
    for area in _areas(frame):
        rows, columns = np.ogrid[: area.height, : area.width]
        down = (rows + 0.5) / area.height - 0.5
        right = (columns + 0.5) / area.width - 0.5
        mask[area.slices] |= down**2 + right**2 <= 0.25**2
    return mask


BASELINES: dict[str, Callable[[Frame], Mask]] = {
    "whole-scan-area": whole_scan_area,
    "centred-ellipse": centred_ellipse,
}
"""Baseline by name."""


def _areas(frame: Frame) -> list[Area]:
    height, width = frame.pixels.shape
    return frame.scan_areas or [Area(x=0, y=0, width=width, height=height)]
