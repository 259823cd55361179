"""The physical size of a pixel: from the file, from the depth ruler, from the user, or unknown.

Never a silent guess: a :class:`nodulens.finding.Scale` says where its millimetres come from, and an
unknown one why. What a DICOM file states is checked before it is believed, because pictures are
resized, cropped and converted by programs that leave the old numbers in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nodulens.errors import NodulensError
from nodulens.finding import Area, Scale
from nodulens.frames.dicom import quiet
from nodulens.frames.ruler import read_ruler

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

PLAUSIBLE_MM_PER_PX = (0.01, 2.0)
"""From a high-frequency close-up on a large screen to a thumbnail of an abdominal scan."""
PLAUSIBLE_DEPTH_MM = (5.0, 400.0)
"""Depth of the scan area: more than any probe sees is a placeholder such as 1 mm a pixel."""

_TWO_DIMENSIONAL = 1
_TISSUE = 1
_CENTIMETRES = 3
_LEAST_INSIDE = 0.5
"""Share of a stated region that must lie in the picture for its scale to be believed."""
_CROPPED_CONFIDENCE = 0.5
"""Of a scale whose region reaches beyond the picture, so that somebody changed the picture."""
_SAME = 0.01
"""Relative difference up to which two statements are one."""
_RULER_SAME = 0.03
"""The same for a statement and the ruler, which is read to the pixel."""


def user_scale(mm_per_px: float) -> Scale:
    """Return the scale that a user states.

    Args:
        mm_per_px: millimetres a pixel, the same both ways.

    Raises:
        NodulensError: the value is not a plausible size of an ultrasound pixel.
    """
    fault = _fault(mm_per_px, mm_per_px)
    if fault:
        raise NodulensError(f"{mm_per_px} mm a pixel {fault}; state the size of one pixel in mm")
    return Scale.known(mm_per_px, mm_per_px, "user")


def measure_scale(
    pixels: NDArray[np.uint8], areas: list[Area], dataset: Dataset | None = None
) -> Scale:
    """Find out the size of a pixel.

    The DICOM Sequence of Ultrasound Regions comes first, then DICOM Pixel Spacing, then the depth
    ruler in the picture. A statement that the ruler contradicts is not believed, and neither is
    the ruler then.

    Args:
        pixels: uint8 array (H, W), grey.
        areas: the scan areas of the picture.
        dataset: the DICOM data set the picture comes from, if it does.

    Returns:
        The scale, or an unknown one with the reasons in its note.
    """
    stated = stated_scale(dataset, pixels.shape, areas) if dataset is not None else Scale.unknown()
    ruler = read_ruler(pixels, areas)
    if stated.mm_per_px_xy is None:
        note = "; ".join(note for note in (stated.note, ruler.note) if note)
        return ruler.model_copy(update={"note": note})
    if ruler.mm_per_px_xy is None:
        return stated
    along_depth, on_ruler = stated.mm_per_px_xy[1], ruler.mm_per_px_xy[1]
    if abs(along_depth - on_ruler) > _RULER_SAME * on_ruler:
        return Scale.unknown(
            f"the file states {along_depth:.4g} mm a pixel ({stated.origin}), but its depth ruler "
            f"shows {on_ruler:.4g}: resized after it was scanned?"
        )
    note = "; ".join(note for note in (stated.note, "the depth ruler agrees") if note)
    return stated.model_copy(update={"note": note})


def stated_scale(dataset: Dataset, shape: tuple[int, ...], areas: list[Area]) -> Scale:
    """Read the scale that a DICOM data set states for the scan areas.

    Args:
        dataset: the data set; its values may be anything.
        shape: (H, W) of the picture.
        areas: the scan areas of the picture.

    Returns:
        A scale from ``dicom-ultrasound-regions`` or ``dicom-pixel-spacing``, or an unknown one
        whose note says what is wrong with what is stated (None where nothing is).
    """
    try:
        # Elements are parsed when they are asked for, so a damaged one fails only now.
        with quiet():
            by_region = _from_regions(dataset, shape, areas)
            by_spacing = _from_spacing(dataset, areas)
    except (ValueError, TypeError, AttributeError, KeyError, NotImplementedError, OverflowError):
        return Scale.unknown("what the file states about its scale is damaged")
    if by_region.mm_per_px_xy is None:
        note = "; ".join(scale.note for scale in (by_region, by_spacing) if scale.note)
        return by_spacing.model_copy(update={"note": note or None})
    if by_spacing.mm_per_px_xy and not _same([by_region.mm_per_px_xy, by_spacing.mm_per_px_xy]):
        note = "PixelSpacing states another scale; the ultrasound regions are more specific"
        return by_region.model_copy(update={"note": note})
    return by_region


def _from_regions(dataset: Dataset, shape: tuple[int, ...], areas: list[Area]) -> Scale:
    """Read the Sequence of Ultrasound Regions (DICOM PS3.3, C.8.5.5)."""
    found: list[tuple[float, float]] = []
    held: set[int] = set()
    clipped = False
    for region in _items(dataset, "SequenceOfUltrasoundRegions"):
        kind = region.get("RegionSpatialFormat"), region.get("RegionDataType")
        if kind != (_TWO_DIMENSIONAL, _TISSUE):
            continue
        units = region.get("PhysicalUnitsXDirection"), region.get("PhysicalUnitsYDirection")
        corners = _numbers(
            region.get(f"RegionLocation{name}") for name in ("MinX0", "MinY0", "MaxX1", "MaxY1")
        )
        deltas = _numbers(region.get(f"PhysicalDelta{axis}") for axis in "XY")
        if corners is None or deltas is None or units != (_CENTIMETRES, _CENTIMETRES):
            return Scale.unknown("an ultrasound region of the file states no centimetres")
        corners, reach = _clipped(corners, shape)
        if reach < _LEAST_INSIDE:
            return Scale.unknown(
                "an ultrasound region of the file lies mostly beyond the picture, so the picture "
                "was resized and the stated scale may be the old one"
            )
        clipped |= reach < 1
        holding = [n for n, area in enumerate(areas) if _holds(corners, area)]
        if not holding:
            continue
        x, y = deltas[0] * 10, deltas[1] * 10
        fault = _fault(x, y, max(areas[n].height for n in holding))
        if fault:
            return Scale.unknown(f"an ultrasound region of the file with {x:g}×{y:g} mm {fault}")
        held.update(holding)
        found.append((x, y))
    if not found:
        stated = bool(_items(dataset, "SequenceOfUltrasoundRegions"))
        return Scale.unknown("no ultrasound region of the file holds the scan" if stated else None)
    if len(held) < len(areas):
        return Scale.unknown("the ultrasound regions of the file do not hold every scan on screen")
    if not _same(found):
        return Scale.unknown("the ultrasound regions of the file have different scales")
    if not clipped:
        return Scale.known(*found[0], "dicom-ultrasound-regions")
    return Scale.known(
        *found[0],
        "dicom-ultrasound-regions",
        _CROPPED_CONFIDENCE,
        "an ultrasound region of the file reaches beyond the picture and was clipped: the stated "
        "scale holds if the picture was cropped, not if it was resized",
    )


def _from_spacing(dataset: Dataset, areas: list[Area]) -> Scale:
    """Read Pixel Spacing: first the distance of rows, then that of columns (PS3.3, 10.7.1.1)."""
    value = dataset.get("PixelSpacing")
    if not value:
        # On the detector or the film, not in the patient.
        other = [n for n in ("ImagerPixelSpacing", "NominalScannedPixelSpacing") if n in dataset]
        return Scale.unknown(f"{other[0]} is not a size in the body" if other else None)
    spacing = _numbers(value) if isinstance(value, Iterable) else None
    if spacing is None or len(spacing) != 2:
        return Scale.unknown(f"the file's PixelSpacing {value!r} cannot be read")
    y, x = spacing
    if x == y == 1:
        return Scale.unknown(
            "a PixelSpacing of 1×1 mm is what converters write where none is known"
        )
    fault = _fault(x, y, max(area.height for area in areas))
    if fault:
        return Scale.unknown(f"the file's PixelSpacing of {y:g}×{x:g} mm {fault}")
    return Scale.known(x, y, "dicom-pixel-spacing")


def _fault(x: float, y: float, height: int | None = None) -> str | None:
    """Say what is wrong with millimetres a pixel; None where nothing is."""
    if not (math.isfinite(x) and math.isfinite(y)):
        return "is not a number"
    if min(x, y) <= 0:
        return "is not positive"
    low, high = PLAUSIBLE_MM_PER_PX
    if min(x, y) < low or max(x, y) > high:
        return f"is not plausible (outside {low} to {high} mm a pixel)"
    shallow, deep = PLAUSIBLE_DEPTH_MM
    if height is not None and not shallow <= y * height <= deep:
        return f"is not plausible (it would make the scan {y * height:.0f} mm deep)"
    return None


def _items(dataset: Dataset, name: str) -> list[Any]:
    value = dataset.get(name)
    # A damaged sequence can be read as bytes.
    return list(value) if value and not isinstance(value, (bytes, str)) else []


def _numbers(values: Iterable[Any]) -> list[float] | None:
    try:
        return [float(value) for value in values]
    except (TypeError, ValueError):
        return None


def _clipped(corners: list[float], shape: tuple[int, ...]) -> tuple[list[float], float]:
    """Return what of a region lies in the picture, and which share of it that is."""
    left, top, right, bottom = corners
    # The last pixel may be stated as the end; some scanners do.
    inside = [max(left, 0), max(top, 0), min(right, shape[1]), min(bottom, shape[0])]
    whole = (right - left) * (bottom - top)
    left, top, right, bottom = inside
    held = max(0.0, right - left) * max(0.0, bottom - top)
    return inside, held / whole if whole > 0 else 0.0


def _holds(corners: list[float], area: Area) -> bool:
    """Whether a region and a scan area are about the same place: half of the smaller is shared."""
    left, top, right, bottom = corners
    wide = min(right + 1, area.x + area.width) - max(left, area.x)
    high = min(bottom + 1, area.y + area.height) - max(top, area.y)
    smaller = min((right + 1 - left) * (bottom + 1 - top), area.width * area.height)
    return wide > 0 and high > 0 and wide * high >= 0.5 * smaller


def _same(scales: list[tuple[float, float]]) -> bool:
    spread = np.ptp(np.log(np.array(scales)), axis=0)
    return bool((spread <= _SAME).all())
