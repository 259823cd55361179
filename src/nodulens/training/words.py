"""What a guided network is told about a picture: in training, and when it is judged."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nodulens.data.manifest import Row
from nodulens.errors import BadData
from nodulens.text.descriptors import Descriptors
from nodulens.text.place import place_of
from nodulens.text.prompts import Level, prompt
from nodulens.text.sides import swap_sides
from nodulens.training.recipe import Words

PLACED: tuple[Level, ...] = ("place", "full")
"""Levels of detail that say where a nodule is."""

Kind = Literal["silent", "fixed", "told"]
Mask = NDArray[np.bool_]


class Teller:
    """Finds words for a picture, from its labels and outline or from its own text.

    Args:
        settings: the recipe's.
    """

    def __init__(self, settings: Words) -> None:
        self.settings = settings

    def draw(self, chance: random.Random) -> Kind:
        """Draw whether a view does without words, has the fixed prompt or is told something."""
        settings = self.settings
        drawn = chance.random()
        if settings.source == "none" or drawn < settings.silent:
            return "silent"
        return "fixed" if drawn < settings.silent + settings.fixed else "told"

    def in_training(
        self, kind: Kind, row: Row, mask: Mask, mirrored: bool, chance: random.Random
    ) -> str:
        """Return the words for one view; an empty string where it is to do without.

        Args:
            kind: as :meth:`draw` drew it.
            row: of the picture.
            mask: bool (h, w), the outline in the part of the view that shows the scan.
            mirrored: whether the view is a mirror image of the picture.
            chance: source of everything random.
        """
        settings = self.settings
        if kind != "told":
            return settings.prompt if kind == "fixed" else ""
        if settings.source == "rows":
            text = row.text or ""
            return swap_sides(text) if mirrored else text
        return self._worded(row, mask, chance.choice(settings.levels), chance)

    def of_two(
        self, nodules: Sequence[tuple[Row, Mask]], chance: random.Random
    ) -> tuple[str, int] | None:
        """Return words that are true of one of two nodules in a view, and of which; None if alike.

        Args:
            nodules: the row and the outline of each.
            chance: source of everything random.
        """
        places = [place_of(mask) for _, mask in nodules]
        first, second = ((place.horizontal, place.vertical, place.size) for place in places)
        if first == second:
            return None
        meant = chance.randrange(2)
        return self._worded(*nodules[meant], chance.choice(PLACED), chance), meant

    def _worded(self, row: Row, mask: Mask, level: Level, chance: random.Random) -> str:
        return prompt(self.descriptors(row, mask), level, variant=chance.randrange(1 << 16))

    def oracle(self, row: Row, mask: Mask) -> str:
        """Return the words that the annotation gives: the best that a user could say.

        Raises:
            BadData: the recipe taught no words, or the row has none.
        """
        if self.settings.source == "rows":
            if row.text is None:
                raise BadData(f"{row.id}: the data set has no text for this image")
            return row.text
        return prompt(self.descriptors(row, mask), "full")

    def phrase(self, row: Row) -> str:
        """Return what images of the same words share: the text, or the labels in words."""
        if self.settings.source == "rows":
            return row.text or ""
        return prompt(Descriptors.from_labels(row.labels), "attributes")

    def descriptors(self, row: Row, mask: Mask) -> Descriptors:
        """Return what labels and outline say; an empty outline has nothing to be described."""
        return describe(row.labels, mask)


def describe(labels: Mapping[str, str], mask: Mask) -> Descriptors:
    """Return labels, with place and size of a mask, as descriptors."""
    place = place_of(mask).descriptors()
    return Descriptors.from_labels(labels).merged(place) if place.present else place
