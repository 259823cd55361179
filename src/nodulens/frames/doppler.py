"""Tell plain ultrasound (B-mode) from colour Doppler, elastography and spectra.

The networks learned from B-mode. A colour map over the tissue hides what they look for, and its
luminance looks like echoes, so a picture with one is marked rather than silently taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nodulens.finding import Area
from nodulens.frames.grey import is_coloured

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

LEAST_SHARE = 0.005
"""Of a scan area that is coloured: a measuring line and its numbers stay below, and so does the
coloured marker of the probe's side."""
_CHROMA = 48
"""How far a colour must be from the picture's tint at its brightness."""
_LIT = 24
"""Least brightness of pixels that tell the tint."""
_SPECTRAL = 3
_TISSUE = 1


def doppler_note(
    colour: NDArray[np.uint8] | None, scan_areas: list[Area], header: Dataset | None = None
) -> str | None:
    """Say why a picture is not B-mode.

    Args:
        colour: uint8 (H, W, 3); None where the picture is stored in grey.
        scan_areas: of the picture.
        header: the DICOM data set the picture comes from, if it does.

    Returns:
        The reason, in words; None where the picture is B-mode as far as can be told.
    """
    kind = _spectrum(header, scan_areas)
    if kind is not None:
        return f"not B-mode: the file says that the scan is {kind}"
    if colour is None or not is_coloured(colour):
        return None
    share = max(coloured_share(colour[area.slices]) for area in scan_areas)
    if share < LEAST_SHARE:
        return None
    return (
        f"not B-mode: a colour map, as of Doppler or elastography, covers {share:.0%} of the scan; "
        "the models have not learned from such pictures"
    )


def coloured_share(rgb: NDArray[np.uint8]) -> float:
    """Return the share of pixels that are not of the picture's tint.

    Many scanners tint the grey scale, sepia for instance: the colour is in the same proportion to
    the brightness everywhere, and only what departs from that is a map.

    Args:
        rgb: uint8 (h, w, 3).
    """
    red, green, blue = (rgb[..., channel].astype(np.float32) for channel in range(3))
    lit = green >= _LIT
    if not lit.any():
        lit = np.ones_like(lit)
    # A few thousand pixels say as well as all what the tint is.
    sample = np.flatnonzero(lit)[:: max(1, int(lit.sum()) // 4096)]
    base = np.maximum(green.ravel()[sample], 1)
    tints = (float(np.median(channel.ravel()[sample] / base)) for channel in (red, blue))
    warm, cold = (
        np.abs(channel - np.minimum(tint * green, 255)) > _CHROMA
        for channel, tint in zip((red, blue), tints, strict=True)
    )
    return float((warm | cold).mean())


def _spectrum(header: Dataset | None, scan_areas: list[Area]) -> str | None:
    """Return what a DICOM region other than an image says of the largest scan area (C.8.5.5)."""
    if header is None:
        return None
    try:
        regions = list(header.get("SequenceOfUltrasoundRegions") or [])
        area = max(scan_areas, key=lambda area: area.width * area.height)
        x, y = area.x + area.width / 2, area.y + area.height / 2
        for region in regions:
            inside = (
                region.RegionLocationMinX0 <= x <= region.RegionLocationMaxX1
                and region.RegionLocationMinY0 <= y <= region.RegionLocationMaxY1
            )
            if inside and region.RegionSpatialFormat == _SPECTRAL:
                return "a Doppler spectrum"
    # What a damaged region says is no reason to refuse a picture.
    except (AttributeError, TypeError, ValueError):
        pass
    return None
