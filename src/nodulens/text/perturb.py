"""Words made wrong on purpose, to judge what a text-guided network does with bad ones.

All deterministic: the same arguments give the same words.
"""

from __future__ import annotations

import random
import re

from nodulens.errors import BadData
from nodulens.text.descriptors import Descriptors, LungArea
from nodulens.text.lexicon import lexicon
from nodulens.text.parse import Passage, parse_report
from nodulens.text.sides import swap_sides

_OTHER_LEVEL = {"upper": "lower", "middle": "upper", "lower": "upper", "all": "lower"}
_FILLER = (
    "The patient was examined lying down with the neck slightly extended.",
    "A linear transducer with a frequency of ten to fourteen megahertz was used.",
    "The study was compared with an earlier one where it was available.",
    "Doppler interrogation was performed with the usual settings.",
    "The carotid arteries and the jugular veins are patent.",
    "The patient reports no pain and swallows normally.",
    "Laboratory values were not at hand at the time of reading.",
    "The trachea lies in the midline.",
    "The examination was of good quality and was tolerated well.",
    "Gain and time compensation were adjusted during the examination.",
    "Representative pictures were stored for the record.",
    "The referring physician was informed by telephone.",
)
"""Sentences of our own that reports are padded with, none of which says anything of a nodule."""
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def contradict(descriptors: Descriptors) -> Descriptors:
    """Return the opposite of everything that is said and has one.

    Left becomes right, upper lower, small large, solid cystic, and so on (``lexicon.toml``); the
    counts, the millimetres, the isthmus and the words "no nodule" stay.
    """
    known = lexicon()
    changed: dict[str, object] = {}
    for name in descriptors.told():
        value = getattr(descriptors, name)
        if name == "foci":
            changed[name] = ("punctate",) if "punctate" not in value else ("none",)
        elif name == "areas":
            changed[name] = tuple(dict.fromkeys(_other_area(area) for area in value))
        elif isinstance(value, str) and known.opposite(name, value) is not None:
            changed[name] = known.opposite(name, value)
    return Descriptors(**{**descriptors.model_dump(), **changed})


def contradict_text(text: str) -> str:
    """Return ``text`` with every understood statement turned into its opposite.

    Affirmed and doubted values are replaced where they stand; of what is denied, the denial is
    taken away. Words that were not understood stay.
    """
    pieces = []
    for one in parse_report(text).statements:
        if one.certainty == "negated" and one.because is not None:
            pieces.append((one.because[0], one.because[1], ""))
        elif (said := _opposite_words(one)) is not None:
            pieces.append((one.start, one.end, said))
    # From the end, so that the earlier places stay right; overlaps are replaced once.
    edge = len(text) + 1
    for start, end, said in sorted(set(pieces), reverse=True):
        if end <= edge:
            text = text[:start] + said + text[end:]
            edge = start
    return text


def misspell(text: str, seed: int, share: float = 0.25) -> str:
    """Return ``text`` with slips of the keyboard in some words of four letters or more.

    A slip swaps two letters, leaves one out, doubles one, or hits the key beside it; first letters
    stay, as they mostly do when people type.

    Args:
        text: what to type badly.
        seed: of the slips.
        share: of the words that get one, 0 to 1; one at least, unless 0.

    Raises:
        BadData: the share is outside 0 to 1.
    """
    if not 0 <= share <= 1:
        raise BadData(f"share of misspelt words {share}: give a number between 0 and 1")
    words = list(re.finditer(r"[^\W\d_]{4,}", text))
    if not words or share == 0:
        return text
    drawn = random.Random(seed)
    chosen = drawn.sample(words, max(1, round(share * len(words))))
    for match in sorted(chosen, key=lambda one: one.start(), reverse=True):
        text = text[: match.start()] + _slip(match[0], drawn) + text[match.end() :]
    return text


def overlong(text: str, words: int = 400, seed: int = 0) -> str:
    """Return ``text`` inside report filler of about ``words`` words that says nothing new.

    Raises:
        BadData: ``words`` is negative.
    """
    if words < 0:
        raise BadData(f"{words} words of filler: give 0 or more")
    drawn = random.Random(seed)
    parts: list[str] = []
    while sum(len(part.split()) for part in parts) < words:
        parts.append(drawn.choice(_FILLER))
    middle = len(parts) // 2
    core = text if not text or text.rstrip().endswith((".", "?", "!")) else text + "."
    return " ".join(part for part in (*parts[:middle], core, *parts[middle:]) if part)


def _other_area(area: LungArea) -> LungArea:
    levels = {_OTHER_LEVEL[level] for level in area.levels}
    side = "right" if area.side == "left" else "left"
    return LungArea(side=side, levels=tuple(levels))


def _opposite_words(one: Passage) -> str | None:
    if one.field == "areas":
        level = re.compile(r"\b(upper|middle|lower|all)\b")
        return level.sub(lambda match: _OTHER_LEVEL[match[0]], swap_sides(one.text))
    if one.field == "side":
        return swap_sides(one.text)
    if one.field == "foci":
        return "no calcification" if one.value == "punctate" else "punctate echogenic foci"
    known = lexicon()
    opposite = known.opposite(one.field, one.value)
    return known.values[one.field][opposite].say[0] if opposite is not None else None


def _slip(word: str, drawn: random.Random) -> str:
    at = drawn.randrange(1, len(word))
    kinds = {
        "left out": word[:at] + word[at + 1 :],
        "doubled": word[:at] + word[at] + word[at:],
        "beside": word[:at] + _beside(word[at], drawn) + word[at + 1 :],
        "swapped": word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :] if at > 1 else word,
    }
    slipped = kinds[drawn.choice(sorted(kinds))]
    return slipped if slipped != word else kinds["left out"]


def _beside(letter: str, drawn: random.Random) -> str:
    for row in _KEYS:
        if (at := row.find(letter.lower())) >= 0:
            key = drawn.choice([row[near] for near in (at - 1, at + 1) if 0 <= near < len(row)])
            return key.upper() if letter.isupper() else key
    return letter
