"""Reports read into descriptors: what is affirmed, what is uncertain, what is denied.

Wordings of the lexicon are found longest first; misspelt words are put right where that is certain
(:mod:`nodulens.text.spelling`). Negation and uncertainty reach over the noun phrase beside the
words that carry them, after the idea of NegEx and ConText (Chapman et al. 2001, Harkema et al.
2009), with rules of our own for lists; the comparison that led to them stands in
``docs/explanation/words.md``. No input raises, and time is proportional to the text's length.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field

from nodulens.text.descriptors import OF_INFECTIONS, OF_NODULES, Descriptors
from nodulens.text.grammar import COMPARED, Piece, find_pieces, grammar
from nodulens.text.lexicon import lexicon
from nodulens.text.scope import judge
from nodulens.text.statements import Certainty, Mark, statements_in, without_idle_comparisons
from nodulens.text.words import Word, read_words

MAX_UNKNOWN = 40
"""Different words not understood that are listed at most."""


class Passage(BaseModel):
    """One thing that the text says, where, and how surely."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str = Field(description="Of `Descriptors`, or `present`.")
    value: str
    certainty: Certainty
    start: int = Field(ge=0, description="First character in the text.")
    end: int = Field(ge=0, description="Behind the last character.")
    text: str = Field(description="The words as written.")
    because: tuple[int, int] | None = Field(
        None,
        description="Span of the words that deny or doubt it; null for a question mark.",
    )


class Understood(BaseModel):
    """What was understood of a text.

    ``descriptors`` holds what is affirmed alone: the first value where several are, though a kind
    of it that is told more exactly replaces it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    descriptors: Descriptors = Field(default_factory=Descriptors)
    statements: tuple[Passage, ...] = Field((), description="In the text's order.")
    conflicts: tuple[str, ...] = Field(
        (), description="Fields with several affirmed values; several nodules, or a contradiction."
    )
    corrected: dict[str, str] = Field({}, description="Misspelt words and what they were read as.")
    not_understood: tuple[str, ...] = Field(
        (), description=f"Words that carried nothing, each once, at most {MAX_UNKNOWN}."
    )

    @property
    def undisputed(self) -> Descriptors:
        """The descriptors, without those of which the text says several things."""
        return self.descriptors.model_copy(update=dict.fromkeys(self.conflicts))

    @property
    def affirmed(self) -> tuple[Passage, ...]:
        """What is said to be so."""
        return self._with("affirmed")

    @property
    def uncertain(self) -> tuple[Passage, ...]:
        """What may be so."""
        return self._with("uncertain")

    @property
    def negated(self) -> tuple[Passage, ...]:
        """What is said not to be so."""
        return self._with("negated")

    def _with(self, certainty: Certainty) -> tuple[Passage, ...]:
        return tuple(one for one in self.statements if one.certainty == certainty)


def parse_report(text: str) -> Understood:
    """Read English report text (with Spanish words of side); any string is accepted."""
    words, corrected = read_words(text, grammar().speller)
    pieces = without_idle_comparisons(words, find_pieces(words))
    marks = statements_in(text, words, pieces)
    judge(words, pieces, marks)
    statements = tuple(_statement(text, words, mark) for mark in marks)
    descriptors, conflicts = _descriptors(words, marks)
    return Understood(
        descriptors=descriptors,
        statements=statements,
        conflicts=conflicts,
        corrected=corrected,
        not_understood=_unknown(words, pieces, marks),
    )


_PLACES = (
    "size", "size_mm", *COMPARED, "side", "pole", "vertical", "horizontal", "laterality",
)  # fmt: skip


def _descriptors(words: list[Word], marks: list[Mark]) -> tuple[Descriptors, tuple[str, ...]]:
    affirmed = [mark for mark in marks if mark.certainty == "affirmed"]
    nouns = [mark for mark in marks if mark.field == "present"]
    lungs = any(mark.field == "areas" for mark in affirmed) or (
        bool(nouns) and all(mark.value == "infection" for mark in nouns)
    )
    target = "infection" if lungs else "nodule"
    forbidden = OF_NODULES if lungs else OF_INFECTIONS
    affirmed = [mark for mark in affirmed if mark.field not in forbidden]
    nouns = [mark for mark in nouns if mark.value == target]
    found: dict[str, object] = {}
    conflicts = []
    foci = _foci([mark for mark in marks if mark.field == "foci"]) if not lungs else None
    if foci:
        found["foci"] = foci
    described = _described(words, affirmed)
    for name in dict.fromkeys(mark.field for mark in affirmed):
        if name in ("present", "foci"):
            continue
        group = [mark for mark in affirmed if mark.field == name]
        if name == "areas":
            areas = dict.fromkeys(mark.area for mark in group if mark.area is not None)
            found[name] = tuple(areas)
            continue
        if name in _PLACES:
            near = [mark for mark in group if words[mark.first].sentence in described]
            group = near or group
        value, clash = _chosen(name, group)
        found[name] = value
        if clash:
            conflicts.append(name)
    certain = {mark.certainty for mark in nouns}
    if "affirmed" in certain:
        present: bool | None = True
    elif "uncertain" in certain:
        present = None
    elif "negated" in certain and not _attributes(found):
        return Descriptors(present=False, target=target), ()
    else:
        present = True if _attributes(found) else None
    if not nouns and not _attributes(found) and not lungs:
        present = None
    return (
        Descriptors(**found, present=present, target=target),
        tuple(conflicts),
    )


def _attributes(found: Iterable[str]) -> bool:
    return bool(set(found) & {"composition", "echogenicity", "margin", "shape", "foci", "areas"})


def _described(words: list[Word], affirmed: list[Mark]) -> set[int]:
    """Return the sentences that speak of a nodule that is there."""
    about = ("present", "composition", "echogenicity", "margin", "shape", "foci", "areas")
    return {words[mark.first].sentence for mark in affirmed if mark.field in about}


def _foci(marks: list[Mark]) -> tuple[str, ...] | None:
    """Return the kinds of foci; none where foci of any kind are denied and no kind affirmed."""
    told = {mark.value for mark in marks if mark.certainty == "affirmed"}
    if len(told) > 1:
        told.discard("unspecified")
        told.discard("none")
    if told:
        return tuple(value for value in ("none", *lexicon().values["foci"]) if value in told)
    denied = {mark.value for mark in marks if mark.certainty == "negated"}
    return ("none",) if "unspecified" in denied else None


def _chosen(name: str, group: list[Mark]) -> tuple[object, bool]:
    """Return the value of a field and whether the text says another, too."""
    known = lexicon()
    first = group[0]
    if name == "size_mm":
        return first.mm, len({mark.mm for mark in group}) > 1
    if name == "count":
        return int(first.value), len({mark.value for mark in group}) > 1
    value = first.value
    clash = False
    for mark in group[1:]:
        if known.wider(name, mark.value) == value:
            value = mark.value
        elif mark.value != value and known.wider(name, value) != mark.value:
            clash = True
    return value, clash


def _statement(text: str, words: list[Word], mark: Mark) -> Passage:
    start, end = words[mark.first].start, words[mark.last].end
    return Passage(
        field=mark.field,
        value=mark.value,
        certainty=mark.certainty,
        start=start,
        end=end,
        text=text[start:end],
        because=mark.because,
    )


def _unknown(words: list[Word], pieces: list[Piece], marks: list[Mark]) -> tuple[str, ...]:
    read = {at for piece in pieces for at in range(piece.first, piece.last + 1)}
    read |= {at for mark in marks for at in range(mark.first, mark.last + 1)}
    known = lexicon().words.union(lexicon().leaves)
    found: dict[str, None] = {}
    for at, word in enumerate(words):
        if at not in read and word.norm not in known and not word.norm[0].isdecimal():
            found[word.norm] = None
            if len(found) == MAX_UNKNOWN:
                break
    return tuple(found)
