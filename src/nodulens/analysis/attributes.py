"""From the probabilities of a nodule's attributes to words, and to a range of ACR TI-RADS."""

from __future__ import annotations

from collections.abc import Mapping

from nodulens.finding import Attribute, TiRads
from nodulens.measure.tirads import POINTS, score_possible

SHARE = 0.8
"""Probability that the values of an attribute which are held possible have together."""


def name_attributes(said: Mapping[str, Mapping[str, float]]) -> dict[str, Attribute]:
    """Name attributes, with what else they may be.

    Args:
        said: attribute to its values with their probabilities, which add up to 1.
    """
    result = {}
    for name, probabilities in said.items():
        order = sorted(probabilities, key=lambda value: -probabilities[value])
        possible: list[str] = []
        while order[len(possible) :] and sum(probabilities[v] for v in possible) < SHARE:
            possible.append(order[len(possible)])
        result[name] = Attribute(
            value=order[0],
            probability=probabilities[order[0]],
            possible=possible,
            probabilities=dict(probabilities),
        )
    return result


def possible_tirads(
    attributes: Mapping[str, Attribute], taller_than_wide: bool, largest_mm: float | None
) -> TiRads:
    """Score a nodule by what its attributes may be and by its measured shape.

    Args:
        attributes: as :func:`name_attributes` gives them.
        taller_than_wide: as measured.
        largest_mm: long axis in millimetres; None where the scale is not known.
    """
    found = score_possible(
        {name: attributes[name].possible for name in POINTS if name in attributes},
        shape="taller than wide" if taller_than_wide else "wider than tall",
        largest_mm=largest_mm,
    )
    return TiRads.model_validate(found._asdict())
