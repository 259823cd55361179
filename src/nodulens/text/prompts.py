"""Prompts from descriptors, from two words to everything that is known.

Levels, each for another question to a text-guided network:

- ``fixed``: the same words for every picture, "thyroid nodule";
- ``brief``: size, composition and echogenicity;
- ``attributes``: how it looks, without size and place;
- ``place``: how many, how large, where;
- ``full``: everything. :func:`nodulens.text.parse.parse_report` reads it back, unchanged.

A variant is another wording of the same: 0 is the plainest; training draws others, so that a
network learns the sense and not the sentence.
"""

from __future__ import annotations

import random
from typing import Literal, get_args

from nodulens.errors import BadData
from nodulens.text.descriptors import Descriptors, LungArea, Target
from nodulens.text.grammar import COMPARED
from nodulens.text.lexicon import lexicon

Level = Literal["fixed", "brief", "attributes", "place", "full"]
LEVELS: tuple[Level, ...] = get_args(Level)

FIXED = "thyroid nodule"
"""The prompt that knows nothing about the picture."""
_FIXED: dict[Target, str] = {"nodule": FIXED, "infection": "pulmonary infection"}

_TOLD: dict[str, tuple[str, ...]] = {
    "brief": ("size", "composition", "echogenicity"),
    "attributes": ("composition", "echogenicity", "margin", "shape", "foci"),
    "place": (
        "count", "size", *COMPARED, "side", "pole", "vertical", "horizontal", "laterality", "areas",
    ),
}  # fmt: skip

_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def prompt(descriptors: Descriptors, level: Level = "full", variant: int = 0) -> str:
    """Write a prompt.

    Args:
        descriptors: what is known; "no nodule" where ``present`` is False.
        level: how much of it to tell; where nothing of that is known, the fixed prompt comes out.
        variant: number of the wording, 0 or more; the same number gives the same words.

    Raises:
        BadData: there is no such level, or the variant is negative.
    """
    if level not in LEVELS:
        raise BadData(f"no level of prompts is called {level!r}; choose from {', '.join(LEVELS)}")
    if variant < 0:
        raise BadData(f"variant {variant} of a prompt: give 0 or more")
    if level == "fixed":
        return _FIXED[descriptors.target]
    words = _Wordings(variant)
    if descriptors.present is False:
        return words.finished(f"no {words.noun(descriptors)}")
    told = descriptors.only(*_TOLD[level]) if level in _TOLD else descriptors
    if not told.told():
        return _FIXED[descriptors.target]
    return words.finished(_infection(told, words) if told.areas else _nodule(told, words))


class _Wordings:
    """Chooses among wordings, the first ones for variant 0."""

    def __init__(self, variant: int) -> None:
        self._random = random.Random(variant) if variant else None

    def choose(self, *options: str) -> str:
        return self._random.choice(options) if self._random else options[0]

    def say(self, name: str, value: str | None) -> str:
        return self.choose(*lexicon().values[name][value].say) if value is not None else ""

    def noun(self, told: Descriptors) -> str:
        if told.target == "infection":
            return _FIXED["infection"]
        return self.choose(FIXED, "nodule")

    def finished(self, text: str) -> str:
        """Return the text as it is, or as a sentence."""
        return self.choose(text, text[0].upper() + text[1:] + ".")


def _nodule(told: Descriptors, words: _Wordings) -> str:
    """Write one phrase: how many, how large, of what, with what, where, millimetres."""
    several = (told.count or 1) > 1
    noun = words.noun(told) + ("s" if several else "")
    looks = [
        words.say("composition", told.composition),
        words.say("echogenicity", told.echogenicity),
        words.say("shape", told.shape),
    ]
    before = [_count(told, words), words.say("size", told.size), _laterality(told, words)]
    details = [_margin(told, words), _foci(told, words)]
    if words.choose("phrase", "list") == "phrase":
        kind = ", ".join(word for word in looks if word)
        text = " ".join(word for word in (*before, kind, noun) if word)
        having = " and ".join(word for word in details if word)
        text += f" with {having}" if having else ""
        where = _where(told, words)
        text += f" {where}" if where else ""
        rest = [*_which(told, words), _millimetres(told, words)]
    else:
        text = " ".join(word for word in (*before, noun) if word)
        rest = [
            *looks, *details, _where(told, words), *_which(told, words), _millimetres(told, words),
        ]  # fmt: skip
    return ", ".join([text, *(part for part in rest if part)])


def _infection(told: Descriptors, words: _Wordings) -> str:
    """Write a sentence as the text-guided chest sets have them."""
    start = [words.say("size", told.size), _laterality(told, words), words.noun(told)]
    parts = [" ".join(word for word in start if word)]
    if told.count:
        parts.append(f"{_count(told, words)} infected area{'s' if told.count > 1 else ''}")
    areas = [_area(area) for area in told.areas or ()]
    parts.append(", ".join(areas[:-1]) + (" and " if len(areas) > 1 else "") + areas[-1])
    parts += [_where(told, words), _millimetres(told, words)]
    return ", ".join(part for part in parts if part)


def _area(area: LungArea) -> str:
    return " ".join((*area.levels, area.side, "lung"))


def _count(told: Descriptors, words: _Wordings) -> str:
    if told.count is None:
        return ""
    if told.count == 1:
        return words.choose("one", "single") if told.target == "nodule" else "one"
    return _NUMBERS[told.count - 1] if told.count <= len(_NUMBERS) else str(told.count)


def _laterality(told: Descriptors, words: _Wordings) -> str:
    return words.say("laterality", told.laterality)


def _margin(told: Descriptors, words: _Wordings) -> str:
    if told.margin is None:
        return ""
    said = words.say("margin", told.margin)
    if told.margin == "extrathyroidal extension":
        return said
    return f"{said} {words.choose('margin', 'margins', 'borders')}"


def _foci(told: Descriptors, words: _Wordings) -> str:
    if told.foci is None:
        return ""
    if told.foci == ("none",):
        return f"no {words.say('foci', 'unspecified')}"
    return " and ".join(words.say("foci", kind) for kind in told.foci)


def _where(told: Descriptors, words: _Wordings) -> str:
    """Write the place in the patient, then the place in the picture."""
    places = []
    lobe = "isthmus" if told.side == "isthmus" else f"{told.side} lobe"
    if told.pole:
        places.append(
            f"in the {told.pole} {words.choose('pole', 'third')}"
            + (f" of the {lobe}" if told.side else "")
        )
    elif told.side:
        places.append(f"in the {lobe}")
    if told.horizontal or told.vertical:
        across, down = words.say("horizontal", told.horizontal), told.vertical or ""
        both = words.choose(f"{across} {down}", f"{down} {across}").strip()
        picture = words.choose("part", "part of the picture", "part of the image")
        places.append(f"in the {both} {picture}")
    return ", ".join(places)


def _which(told: Descriptors, words: _Wordings) -> list[str]:
    """Write which of several it is."""
    said = [words.say(name, getattr(told, name)) for name in COMPARED]
    return [f"the {word} one" for word in said if word]


def _millimetres(told: Descriptors, words: _Wordings) -> str:
    """Write the diameters, to a thousandth of a millimetre."""
    if told.size_mm is None:
        return ""
    sign = words.choose(" x ", " × ")
    numbers = sign.join(f"{value:.3f}".rstrip("0").rstrip(".") for value in told.size_mm)
    return f"{words.choose('', 'measuring ')}{numbers} mm"
