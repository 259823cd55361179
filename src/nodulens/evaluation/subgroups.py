"""Which subgroups an image belongs to: a mean may hide that one of them fares badly."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nodulens.data.manifest import Row
from nodulens.data.pairs import read_pair
from nodulens.evaluation.baselines import whole_scan_area
from nodulens.evaluation.segmentation import Mask
from nodulens.finding import Frame
from nodulens.frames.calipers import find_calipers

NOT_STATED = "not stated"
SIZES = ("small", "medium", "large")
AGES = ("under 40", "40–59", "60 and over")
_OLDEST = 120
_ORDER = {name: place for place, name in enumerate((*SIZES, *AGES))}
_SEXES = {"f": "female", "female": "female", "m": "male", "male": "male"}

Assigned = Mapping[str, str]
"""The subgroups of one image: the value for each grouping that it takes part in."""


class Subgroups:
    """Collects the subgroups of images, one after another.

    ``tirads``, ``sex`` and ``age`` are the manifest's labels, ``not stated`` where there is none
    or, for sex and age, none that can be understood. ``size`` is a third of the images by
    :func:`share_of_scan`; those without a nodule are in none. ``split_screen`` and ``calipers``
    (:func:`~nodulens.frames.calipers.find_calipers`, a heuristic) are ``yes`` or ``no``.
    """

    def __init__(self) -> None:
        self._assigned: list[dict[str, str]] = []
        self._shares: list[float] = []

    def add(self, row: Row, frame: Frame, drawn: Mask) -> None:
        """Take in one image.

        Args:
            row: of the manifest.
            frame: the picture.
            drawn: boolean mask (H, W) of the drawn nodules.
        """
        self._shares.append(share_of_scan(frame, drawn))
        self._assigned.append(
            {
                "tirads": row.labels.get("tirads", NOT_STATED),
                "sex": _SEXES.get(row.labels.get("sex", "").lower(), NOT_STATED),
                "age": age_band(row.labels.get("age")),
                "split_screen": "yes" if len(frame.scan_areas) > 1 else "no",
                "calipers": (
                    "yes" if find_calipers(frame.pixels, frame.scan_areas or None) else "no"
                ),
            }
        )

    def assigned(self) -> list[Assigned]:
        """Return the subgroups of each image, in the order in which they came."""
        return [
            groupings | ({"size": size} if size else {})
            for groupings, size in zip(self._assigned, size_thirds(self._shares), strict=True)
        ]


def subgroups_of(folder: Path, rows: Sequence[Row]) -> dict[str, Assigned]:
    """Return the subgroups of images of a data set, by their id.

    Args:
        folder: of the data set.
        rows: of its manifest, each with an outline.
    """
    collected = Subgroups()
    for row in rows:
        collected.add(row, *read_pair(folder, row))
    return dict(zip([row.id for row in rows], collected.assigned(), strict=True))


def share_of_scan(frame: Frame, mask: Mask) -> float:
    """Return how much the mask (H, W) covers, as a share of the pixels that are ultrasound."""
    return int(mask.sum()) / int(whole_scan_area(frame).sum())


def size_thirds(shares: Sequence[float]) -> list[str | None]:
    """Return ``small``, ``medium`` or ``large`` for thirds of the shares above 0.

    Equal shares stay together; None for a share of 0, an image without a nodule.
    """
    drawn = [share for share in shares if share > 0]
    if not drawn:
        return [None] * len(shares)
    ends = np.quantile(drawn, [1 / 3, 2 / 3], method="inverted_cdf")
    return [SIZES[int(np.searchsorted(ends, share))] if share > 0 else None for share in shares]


def age_band(age: str | None) -> str:
    """Return the band of an age in years, in words such as ``58``, ``058Y`` (DICOM) or ``6.5``.

    Months, weeks and days (``006M``) are below 40 years; what is no age up to 120 is not stated.
    """
    stated = re.fullmatch(r"\s*(\d+)(?:\.\d+)?\s*([YMWD]?)\s*", age or "", re.IGNORECASE)
    if stated is None:
        return NOT_STATED
    years = int(stated[1]) if stated[2].upper() in ("", "Y") else 0
    if years > _OLDEST:
        return NOT_STATED
    return AGES[(years >= 40) + (years >= 60)]


def members(assigned: Sequence[Assigned]) -> dict[str, dict[str, list[int]]]:
    """Return grouping to value to the places of its images.

    Values stand in their natural order, else the alphabet's; ``not stated`` is the last.

    Args:
        assigned: the subgroups of each image. Images without a grouping are left out of it.
    """
    result: dict[str, dict[str, list[int]]] = {}
    for place, groupings in enumerate(assigned):
        for name, value in groupings.items():
            result.setdefault(name, {}).setdefault(value, []).append(place)
    return {
        name: {value: parts[value] for value in sorted(parts, key=_place)}
        for name, parts in result.items()
    }


def _place(value: str) -> tuple[bool, int, str]:
    return value == NOT_STATED, _ORDER.get(value, 0), value
