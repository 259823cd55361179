"""Wordings read as statements: plain words, words of place, areas of lungs, numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from nodulens.text.descriptors import MAX_COUNT, MAX_MM, OF_NODULES, LungArea
from nodulens.text.grammar import COMPARED, COUNTS, Piece, grammar
from nodulens.text.lexicon import FIELDS, lexicon
from nodulens.text.words import Word

Certainty = Literal["affirmed", "uncertain", "negated"]


@dataclass(slots=True)
class Mark:
    """A statement while it is being judged.

    Attributes:
        field: of ``Descriptors``; ``present`` for a nodule or an infection.
        first: number of its first word; ``last`` is that of its last.
        because: characters of what negates it or makes it uncertain, or None.
        mm: diameters, where the field is ``size_mm``.
        area: part of a lung, where the field is ``areas``.
    """

    field: str
    value: str
    first: int
    last: int
    certainty: Certainty = "affirmed"
    because: tuple[int, int] | None = None
    mm: tuple[float, ...] = ()
    area: LungArea | None = None


def statements_in(text: str, words: list[Word], pieces: list[Piece]) -> list[Mark]:
    """Return what a text states, in its order, all of it still as if it were affirmed."""
    marks = _lung_areas(words, pieces)
    marks += _places(words, pieces, marks)
    marks += _plain(words, pieces)
    marks += _counts(words, pieces)
    marks += _measures(text, words, marks)
    return _without_sizes_of_foci(sorted(marks, key=lambda mark: (mark.first, mark.last)))


def _plain(words: list[Word], pieces: list[Piece]) -> list[Mark]:
    marks = []
    for piece in pieces:
        for kind, value in piece.readings:
            if kind == "target":
                marks.append(Mark("present", value, piece.first, piece.last))
            elif kind in FIELDS:
                marks.append(Mark(kind, value, piece.first, piece.last))
    return marks


_OF_SEVERAL = {"the", "these", "two", "three", "both", "them", "all"}


def without_idle_comparisons(words: list[Word], pieces: list[Piece]) -> list[Piece]:
    """Leave out "larger" where it chooses no nodule: "larger than before", "has become larger".

    It chooses one in "the larger nodule", "the larger one", "the larger of the two", "the larger on
    the left"; not in "larger nodules", of which there may be several.
    """
    starts = {piece.first: piece for piece in pieces}
    return [piece for piece in pieces if not _compares(piece) or _chooses(words, piece, starts)]


def _compares(piece: Piece) -> bool:
    return any(kind in COMPARED for kind, _ in piece.readings)


def _chooses(words: list[Word], piece: Piece, starts: dict[int, Piece]) -> bool:
    definite = piece.first > 0 and words[piece.first - 1].norm == "the"
    at = piece.last + 1
    while at < len(words):
        word, gap, here = words[at].norm, words[at].gap, starts.get(at)
        of_nodules = here is not None and any(kind in FIELDS for kind, _ in here.readings)
        if gap == "." or (gap and (not of_nodules or _names_a_nodule(starts[at]))):
            break
        if word == "one" or (here is not None and _names_a_nodule(here)):
            last = here.last if here is not None else at
            than = last + 1 < len(words) and words[last + 1].norm == "than"
            return not than and (not words[last].norm.endswith("s") or words[last].norm == "mass")
        if here is not None and of_nodules:
            at = here.last
        elif word == "of" and definite:
            return _of_several(words, at + 1, starts)
        elif definite and at == piece.last + 1 and word in lexicon().leaves:
            return True
        elif word not in _ADJECTIVES and not _is_placing(word):
            return False
        at += 1
    return definite and at == piece.last + 1


def _of_several(words: list[Word], at: int, starts: dict[int, Piece]) -> bool:
    """Whether "of" is followed by nodules or by nothing but numbers: "of the two"."""
    while at < len(words) and not words[at].gap and words[at].norm in _OF_SEVERAL:
        at += 1
    return at == len(words) or bool(words[at].gap) or (at in starts and _names_a_nodule(starts[at]))


def _names_a_nodule(piece: Piece) -> bool:
    return ("target", "nodule") in piece.readings


def _is_placing(word: str) -> bool:
    return any(word in group for group in grammar().levels.values())


_LUNGS = {
    "lung", "lungs", "lobe", "zone", "field", "base", "apex", "hemithorax", "thorax",
}  # fmt: skip
_CHEST = {"lung", "lungs", "pulmonary", "chest", "covid", "hemithorax", "thorax"}
_ALL = {"all", "whole", "entire"}
_LEVELS = {"upper": "upper", "middle": "middle", "mid": "middle", "lower": "lower"}


def _lung_areas(words: list[Word], pieces: list[Piece]) -> list[Mark]:
    """Read "upper middle left lung", "all right lung", and in a chest report "left lower lobe"."""
    infected = any(("target", "infection") in piece.readings for piece in pieces)
    if not infected and not any(word.norm in _CHEST for word in words):
        return []
    taken = {at for piece in pieces for at in range(piece.first, piece.last + 1)}
    marks = []
    for at, word in enumerate(words):
        if word.norm not in _LUNGS or at in taken:
            continue
        first, side, levels, whole = at, "", [], False
        while first > 0 and at - first < 8 and words[first].gap == "" and first - 1 not in taken:
            norm = words[first - 1].norm
            if norm in ("left", "right") and not side:
                side = norm
            elif norm in _LEVELS:
                levels.append(_LEVELS[norm])
            elif norm in _ALL:
                whole = True
            elif norm != "and" or not _more_levels(words, first - 1):
                break
            first -= 1
        if not side:
            continue
        order = ["upper", "middle", "lower"]
        told = ("all",) if whole else tuple(level for level in order if level in levels)
        area = LungArea(side=side, levels=told)
        value = " ".join((*told, side, "lung"))
        marks.append(Mark("areas", value, first, at, area=area))
    return marks


def _more_levels(words: list[Word], conjunction: int) -> bool:
    """Whether "and" joins two levels of one lung, not two lungs."""
    before, after = words[conjunction - 1].norm, words[conjunction + 1].norm
    return conjunction > 0 and before in _LEVELS and after in _LEVELS


_OF_PICTURE = {
    "part", "parts", "image", "picture", "frame", "scan", "corner", "quadrant", "screen", "view",
    "area", "region", "portion",
}  # fmt: skip
_ONLY_OF_PICTURE = {"top", "bottom", "centre", "center"}
_POLES = {"pole", "poles", "third", "thirds", "polo", "tercio", "lobe"}
_OF_LOBE = _POLES | {
    "lobes", "thyroid", "gland", "neck", "hemithyroid", "lobulo", "lob", "nodule", "isthmus",
}  # fmt: skip
_BODY = _POLES | _CHEST | {"lobes", "hemithyroid", "lobulo", "lob", "isthmus", "isthmic", "istmo"}
"""In a text with one of these words left and right are the patient's, unless it says otherwise."""
_DEPTHS = {"upper": "shallower", "lower": "deeper"}
_FAR = {"far", "very", "extreme"}
_CHAIN = {
    "of", "the", "half", "side", "a", "this", "its", "in", "an", "ultrasound", "breast", "us",
    "aspect",
}  # fmt: skip


def _places(words: list[Word], pieces: list[Piece], areas: list[Mark]) -> list[Mark]:
    """Read words of place together with the noun that tells whose left and upper it is."""
    taken = {at for mark in areas for at in range(mark.first, mark.last + 1)}
    taken |= {at for piece in pieces for at in range(piece.first, piece.last + 1)}
    levels = grammar().levels
    every = {word for group in levels.values() for word in group}
    of_patient = bool(areas) or any(word.norm in _BODY for word in words)
    marks: list[Mark] = []
    at = 0
    while at < len(words):
        if at in taken or words[at].norm not in every:
            at += 1
            continue
        first = at
        while at + 1 < len(words) and at + 1 not in taken and not words[at + 1].gap:
            if words[at + 1].norm not in every:
                break
            at += 1
        of_two = not of_patient and _tells_apart(words, first, at)
        marks += _place(words, first, at, levels, of_two)
        at += 1
    return marks


def _place(
    words: list[Word],
    first: int,
    last: int,
    levels: dict[str, dict[str, str]],
    tells_apart: bool,
) -> list[Mark]:
    picture, noun = _whose(words, first, last)
    run = [(at, words[at].norm) for at in range(first, last + 1)]
    sided = any(norm in levels["side"] for _, norm in run)
    # Abbreviations, and words of other languages, are a report's.
    tells_apart &= all(norm in {**levels["horizontal"], **levels["vertical"]} for _, norm in run)
    if tells_apart and not picture and len(run) == 1 and (depth := _DEPTHS.get(run[0][1])):
        return [Mark("relative_depth", depth, first, last)]
    picture = picture or (tells_apart and sided)
    # "top left", "upper centre": words that only a picture has.
    picture = picture or (len(run) > 1 and any(norm in _ONLY_OF_PICTURE for _, norm in run))
    marks = []
    for at, norm in run:
        names: tuple[str, ...]
        if picture or norm in ("top", "bottom"):
            names = ("horizontal", "vertical")
        elif norm in levels["side"]:
            names = ("side",)
        elif norm in ("centre", "center"):
            names = ("horizontal",) if words[at - 1].norm == "the" and at else ()
        elif norm in levels["pole"] and (noun in _POLES or (sided and noun == "")):
            names = ("pole",)
        else:
            names = ()
        marks += [Mark(name, levels[name][norm], at, at) for name in names if norm in levels[name]]
    return marks


def _tells_apart(words: list[Word], first: int, last: int) -> bool:
    """Whether words of place point at something seen: "on the right", "the left one".

    What is of the patient names a part of the body: "on the right side of the neck".
    """
    before = [word.norm for word in words[max(first - 3, 0) : first]]
    while before and before[-1] in _FAR:
        before.pop()
    if before[-1:] != ["the"]:
        return False
    at = last + 1
    if _reaches(words, at, "one", "nodule") and not _reaches(words, at + 1, *_POLES):
        return True
    while _reaches(words, at, "hand", "side"):
        at += 1
    over = at >= len(words) or words[at].gap or words[at].norm in set(lexicon().leaves) - {"of"}
    return bool(over) and before[-2:-1] in (["on"], ["at"], ["to"])


def _reaches(words: list[Word], at: int, *norms: str) -> bool:
    return at < len(words) and not words[at].gap and words[at].norm in norms


def _whose(words: list[Word], first: int, last: int) -> tuple[bool, str]:
    """Return whether the noun behind words of place is the picture's, and the noun.

    Lobes and poles decide at once; "part" and "half" only if no lobe follows ("lower part of the
    left lobe").
    """
    noun, picture = "", False
    for at in range(last + 1, min(last + 7, len(words))):
        word = words[at]
        if word.gap:
            break
        if word.norm in _OF_LOBE:
            # "left part of the thyroid nodule" stays the picture's.
            return picture and word.norm in ("thyroid", "nodule", "gland"), noun or word.norm
        if word.norm in _OF_PICTURE:
            picture, noun = True, noun or word.norm
        elif word.norm not in _CHAIN and word.norm not in grammar().levels["side"]:
            break
    return picture, noun


_COUNT_REACH = 16
_ADJECTIVES = {
    "thyroid", "benign", "malignant", "suspicious", "oval", "round", "circle", "shaped", "and",
}  # fmt: skip
"""They may stand between a number and its noun, beside the lexicon's."""
_MEASURE = re.compile(
    r"(?<![\w.,])(\d{1,4}(?:[.,]\d{1,3})?)\s{0,3}(mm|cm|millimet(?:er|re)s?|centimet(?:er|re)s?)?"
    r"(?:\s{0,3}(?:[x×*]|by)\s{0,3}(\d{1,4}(?:[.,]\d{1,3})?)\s{0,3}(mm|cm)?)?"
    r"(?:\s{0,3}(?:[x×*]|by)\s{0,3}(\d{1,4}(?:[.,]\d{1,3})?)\s{0,3}(mm|cm)?)?(?![\w])",
    re.IGNORECASE,
)
_APART = re.compile(r"\s{0,3}(?:from|away|deep|apart|slice|thick|proximal|distal|transducer)\b")


def _counts(words: list[Word], pieces: list[Piece]) -> list[Mark]:
    """Read the number before a noun: "two small hypoechoic nodules", "three infected areas"."""
    nouns = {
        piece.first: piece.last
        for piece in pieces
        if any(kind == "target" for kind, _ in piece.readings)
    }
    modifiers = {
        at
        for piece in pieces
        if any(kind in FIELDS and kind != "target" for kind, _ in piece.readings)
        for at in range(piece.first, piece.last + 1)
    }
    marks = []
    for at, word in enumerate(words):
        number = COUNTS.get(word.norm) or (
            int(word.norm) if word.norm.isdecimal() and len(word.norm) <= 2 else 0
        )
        if not 0 < number <= MAX_COUNT:
            continue
        for noun in range(at + 1, min(at + _COUNT_REACH, len(words))):
            if words[noun].gap == ".":
                break
            if noun in nouns:
                marks.append(Mark("count", str(number), at, at))
                break
            if noun not in modifiers and words[noun].norm not in _ADJECTIVES:
                break
    return marks


def _measures(text: str, words: list[Word], marks: list[Mark]) -> list[Mark]:
    starts = {word.start: at for at, word in enumerate(words)}
    about_nodule = {
        words[mark.first].sentence for mark in marks if mark.field in ("present", *OF_NODULES[:5])
    }
    about_gland = {
        word.sentence
        for word in words
        if word.norm in ("lobe", "lobes", "isthmus", "gland", "thickness", "node", "nodes")
    }
    found = []
    for match in _MEASURE.finditer(text):
        unit = match[2] or match[4] or match[6]
        first = starts.get(match.start())
        if unit is None or first is None or _APART.match(text, match.end()):
            continue
        sentence = words[first].sentence
        if sentence in about_gland and sentence not in about_nodule:
            continue
        factor = 10.0 if unit.lower().startswith("c") else 1.0
        mm = tuple(
            round(float(number.replace(",", ".")) * factor, 3)
            for number in (match[1], match[3], match[5])
            if number
        )
        if not all(0 < value <= MAX_MM for value in mm):
            continue
        last = first
        while last + 1 < len(words) and words[last + 1].end <= match.end():
            last += 1
        value = " x ".join(f"{one:g}" for one in mm) + " mm"
        found.append(Mark("size_mm", value, first, last, mm=mm))
    return found


def _without_sizes_of_foci(marks: list[Mark]) -> list[Mark]:
    """Leave out "small" where it is said of foci."""
    kept = []
    for number, mark in enumerate(marks):
        after = marks[number + 1] if number + 1 < len(marks) else None
        of_foci = after is not None and after.field == "foci" and after.first - mark.last <= 2
        if not (mark.field in ("size", *COMPARED) and of_foci):
            kept.append(mark)
    return kept
