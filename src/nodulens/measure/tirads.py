"""Points, level and recommendation of ACR TI-RADS 2017 (Tessler et al., JACR 2017, 14:587).

What is not known is not guessed: each category then stands for everything that it could be, and the
level for all levels that its points allow.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import product
from typing import Any, Literal, NamedTuple

Level = Literal["TR1", "TR2", "TR3", "TR4", "TR5"]
Recommendation = Literal["none", "follow-up", "biopsy"]

UNDETERMINABLE = "undeterminable"
"""Looked for, and not to be told; unlike what was not looked for, it has points of its own."""

POINTS: Mapping[str, Mapping[str, int]] = {
    "composition": {
        "cystic": 0,
        "spongiform": 0,
        "mixed": 1,
        "predominantly solid": 1,
        "predominantly cystic": 1,
        "solid": 2,
        UNDETERMINABLE: 2,
    },
    "echogenicity": {
        "anechoic": 0,
        "hyperechoic": 1,
        "isoechoic": 1,
        "hypoechoic": 2,
        "very hypoechoic": 3,
        UNDETERMINABLE: 1,
    },
    "shape": {"wider than tall": 0, "taller than wide": 3},
    "margin": {
        "smooth": 0,
        "well defined": 0,
        "ill-defined": 0,
        "lobulated or irregular": 2,
        "microlobulated": 2,
        "macrolobulated": 2,
        "spiculated": 2,
        "extrathyroidal extension": 3,
        UNDETERMINABLE: 0,
    },
    "foci": {
        "none": 0,
        "comet-tail": 0,
        "macrocalcification": 1,
        "peripheral rim": 2,
        "punctate": 3,
    },
}
"""Points of each value of each category. All echogenic foci that apply are added up. A composition
that is only predominantly solid or cystic is a mixed one."""

_LEVELS: tuple[tuple[int, tuple[Level, ...]], ...] = (
    (0, ("TR1",)), (1, ("TR1", "TR2")), (2, ("TR2",)), (3, ("TR3",)), (6, ("TR4",)),
)  # fmt: skip
"""Highest sum of each level. The table of the paper leaves out a sum of 1: it may be either."""
_SIZES_MM: Mapping[Level, tuple[float, float]] = {
    "TR3": (25.0, 15.0),
    "TR4": (15.0, 10.0),
    "TR5": (10.0, 5.0),
}
"""Largest diameter from which biopsy and follow-up are recommended."""


class TiRads(NamedTuple):
    """What ACR TI-RADS says of a nodule.

    Attributes:
        points: least and greatest sum that the known categories allow.
        levels: that these sums allow, lowest first; one where enough is known.
        by_category: points of each category that is known, least and greatest.
        missing: categories of which nothing is known.
        recommendations: for the levels and the size, mildest first; None without millimetres.
        notes: what is to be said beside it.
    """

    points: tuple[int, int]
    levels: tuple[Level, ...]
    by_category: dict[str, tuple[int, int]]
    missing: tuple[str, ...]
    recommendations: tuple[Recommendation, ...] | None
    notes: tuple[str, ...]


def score(
    *,
    composition: str | None = None,
    echogenicity: str | None = None,
    shape: str | None = None,
    margin: str | None = None,
    foci: Collection[str] | None = None,
    largest_mm: float | None = None,
) -> TiRads:
    """Add up what is known of a nodule.

    Args:
        composition, echogenicity, shape, margin: values of :data:`POINTS`; None, or a value that
            TI-RADS does not have, is unknown.
        foci: all kinds that are seen; ``["none"]`` where there are none. None is unknown; foci of a
            kind that TI-RADS does not have may be any.
        largest_mm: largest diameter in millimetres; None where the scale is not known.
    """
    values = {
        "composition": composition,
        "echogenicity": echogenicity,
        "shape": shape,
        "margin": margin,
    }
    found = {
        name: (POINTS[name][value],) * 2
        for name, value in values.items()
        if value is not None and value in POINTS[name]
    }
    if foci is not None:
        found["foci"] = _foci(foci)
    missing = tuple(name for name in POINTS if name not in found)
    notes: list[str] = []
    if composition == "spongiform":
        low = high = 0
        missing = ()
        notes.append("spongiform: no further points are added")
    else:
        ranges = [found.get(name, _range(name)) for name in POINTS]
        low, high = sum(one[0] for one in ranges), sum(one[1] for one in ranges)
        if "composition" in missing:
            notes.append("composition is not known: a spongiform nodule would be TR1")
    if low == high == 1:
        notes.append("a sum of 1 lies between TR1 and TR2")
    levels = _levels(low, high)
    return TiRads(
        points=(low, high),
        levels=levels,
        by_category=found,
        missing=missing,
        recommendations=None if largest_mm is None else _recommend(levels, largest_mm),
        notes=tuple(notes),
    )


def score_possible(
    possible: Mapping[str, Collection[str]],
    *,
    shape: str | None = None,
    foci: Collection[str] | None = None,
    largest_mm: float | None = None,
) -> TiRads:
    """Add up what may be true of a nodule.

    Args:
        possible: for ``composition``, ``echogenicity``, ``margin`` and ``foci`` the values that
            each may have; one that is left out is unknown. Of foci, each value stands alone.
        shape, foci, largest_mm: as for :func:`score`; foci that are known go before possible ones.

    Returns:
        All that :func:`score` says of any combination, together.
    """
    names = list(possible)
    results = []
    for values in product(*possible.values()):
        said: dict[str, Any] = dict(zip(names, values, strict=True))
        if foci is not None:
            said["foci"] = foci
        elif "foci" in said:
            said["foci"] = [said["foci"]]
        results.append(score(**said, shape=shape, largest_mm=largest_mm))
    points = min(one.points[0] for one in results), max(one.points[1] for one in results)
    categories: dict[str, tuple[int, int]] = {}
    for one in results:
        for name, (low, high) in one.by_category.items():
            known = categories.get(name, (low, high))
            categories[name] = min(low, known[0]), max(high, known[1])
    recommended = {rec for one in results for rec in one.recommendations or ()}
    return TiRads(
        points=points,
        levels=tuple(sorted({level for one in results for level in one.levels})),
        by_category=categories,
        missing=tuple(name for name in POINTS if any(name in one.missing for one in results)),
        recommendations=None if largest_mm is None else _mildest_first(recommended),
        notes=tuple(dict.fromkeys(note for one in results for note in one.notes)),
    )


def _foci(foci: Collection[str]) -> tuple[int, int]:
    known = POINTS["foci"]
    low = sum(known.get(kind, 0) for kind in foci)
    strange = [kind for kind in foci if kind not in known]
    # Of an unknown kind, at least the least that calcifications have, at most all that there are.
    return (low, low) if not strange else (max(low, 1), _range("foci")[1])


def _range(category: str) -> tuple[int, int]:
    points = POINTS[category].values()
    # Foci add up.
    return min(points), sum(points) if category == "foci" else max(points)


def _levels(low: int, high: int) -> tuple[Level, ...]:
    result: list[Level] = []
    for points in range(low, high + 1):
        at = next((levels for most, levels in _LEVELS if points <= most), ("TR5",))
        result += [level for level in at if level not in result]
    return tuple(result)


def _recommend(levels: tuple[Level, ...], largest_mm: float) -> tuple[Recommendation, ...]:
    result: set[Recommendation] = set()
    for level in levels:
        biopsy, follow_up = _SIZES_MM.get(level, (float("inf"), float("inf")))
        if largest_mm >= biopsy:
            result.add("biopsy")
        else:
            result.add("follow-up" if largest_mm >= follow_up else "none")
    return _mildest_first(result)


def _mildest_first(recommendations: Collection[Recommendation]) -> tuple[Recommendation, ...]:
    order: tuple[Recommendation, ...] = ("none", "follow-up", "biopsy")
    return tuple(one for one in order if one in recommendations)
