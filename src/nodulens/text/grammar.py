"""The lexicon's wordings in a form in which a text is searched for all of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from nodulens.text.lexicon import FIELDS, Lexicon, lexicon, words_of
from nodulens.text.spelling import Speller
from nodulens.text.words import Word


@dataclass
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    readings: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Grammar:
    """All wordings, the words in them, and the words of place.

    Attributes:
        speller: corrects words to those of the wordings.
        levels: the values of side, pole, vertical and horizontal, by field, then by word.
    """

    root: _Node
    speller: Speller
    levels: dict[str, dict[str, str]]


PLACE = ("side", "pole", "vertical", "horizontal")
"""Fields whose words are read together with their neighbours."""
COMPARED = ("relative_size", "relative_depth")
"""Fields whose words choose among several nodules."""

COUNTS = {
    "one": 1, "single": 1, "solitary": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip

_NOUNS = ("tion", "nodule", "lesion", "cyst", "mass", "tumor", "tumour", "artifact")
_ALSO_CORRECTED = {"margin", "margins", "echogenicity", "without", "calcification"}


@cache
def grammar() -> Grammar:
    """Return the grammar of the lexicon; built once."""
    known = lexicon()
    root = _Node()
    wordings = list(_wordings(known))
    for kind, value, phrase in wordings:
        _add(root, words_of(phrase), kind, value)
    vocabulary = {word for _, _, phrase in wordings for word in words_of(phrase)} | known.words
    vocabulary |= {word + "s" for word in vocabulary if word[-1] != "s"} | set(COUNTS)
    targets = {
        word
        for kind, _, phrase in wordings
        if kind in FIELDS
        for word in words_of(phrase)
        if word not in known.words or word in _ALSO_CORRECTED
    }
    # Plurals of adjectives are no words; what is near them ("values", "vague") is another word.
    targets |= {word + "s" for word in targets if word.endswith(_NOUNS)} | _ALSO_CORRECTED
    levels: dict[str, dict[str, str]] = {name: {} for name in PLACE}
    for name in PLACE:
        for entry in known.values[name].values():
            for wording in entry.read:
                if _is_place(name, entry.value, wording):
                    levels[name][words_of(wording)[0]] = entry.value
    return Grammar(root, Speller(vocabulary, targets), levels)


def _wordings(known: Lexicon) -> Iterator[tuple[str, str, str]]:
    """Yield kind, value and wording of all that is matched as a phrase."""
    for name in FIELDS:
        for value in known.values[name].values():
            for wording in value.read:
                named_only = wording == "unspecified"  # the value's name, which nobody writes
                if not named_only and not _is_place(name, value.value, wording):
                    yield name, value.value, wording
    for kind, phrases in (
        ("negation before", known.negation_before),
        ("negation after", known.negation_after),
        ("uncertainty before", known.uncertainty_before),
        ("uncertainty after", known.uncertainty_after),
        ("neutral", known.not_negations + known.neutral),
        ("end", known.ends),
    ):
        for phrase in phrases:
            yield kind, "", phrase


def _is_place(name: str, value: str, wording: str) -> bool:
    """Whether a wording is one word whose sense its neighbours decide."""
    return name in PLACE and value != "isthmus" and len(words_of(wording)) == 1


def _add(root: _Node, words: tuple[str, ...], kind: str, value: str) -> None:
    forms = [words]
    # Adjectives get a plural that nobody writes: it does no harm.
    if (kind in FIELDS or kind == "neutral") and words[-1][-1] != "s":
        forms.append((*words[:-1], words[-1] + "s"))
    for form in forms:
        node = root
        for word in form:
            node = node.children.setdefault(word, _Node())
        if (kind, value) not in node.readings:
            node.readings.append((kind, value))


@dataclass(slots=True)
class Piece:
    """A matched wording: words first to last, and what they are read as."""

    first: int
    last: int
    readings: list[tuple[str, str]]


def find_pieces(words: list[Word]) -> list[Piece]:
    """Return the wordings in a text from left to right, the longest at each place."""
    root = grammar().root
    pieces = []
    at = 0
    while at < len(words):
        node, best, reach = root, None, at
        while reach < len(words) and (child := node.children.get(words[reach].norm)):
            if reach > at and words[reach].gap:
                break
            node = child
            if node.readings:
                best = Piece(at, reach, node.readings)
            reach += 1
        if best:
            pieces.append(best)
        at = best.last + 1 if best else at + 1
    return pieces
