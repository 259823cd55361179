"""How far negation and uncertainty reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from nodulens.text.grammar import Piece
from nodulens.text.lexicon import lexicon
from nodulens.text.statements import Certainty, Mark
from nodulens.text.words import Word

MAX_REACH = 12
"""Words over which negation and uncertainty reach at most."""


@dataclass(slots=True)
class _Trigger:
    """Words that deny or doubt; of a question mark the last word stands before the first."""

    first: int
    last: int
    certainty: Certainty
    ahead: bool


def judge(words: list[Word], pieces: list[Piece], marks: list[Mark]) -> None:
    """Set the certainty of each mark, and what it is due to."""
    ends = {
        at
        for piece in pieces
        if any(kind == "end" for kind, _ in piece.readings)
        for at in range(piece.first, piece.last + 1)
    }
    at_word: dict[int, list[Mark]] = {}
    for mark in marks:
        at_word.setdefault(mark.first, []).append(mark)
    neutral = {piece.last for piece in pieces if ("neutral", "") in piece.readings}
    ending: dict[int, list[Mark]] = {}
    for mark in marks:
        ending.setdefault(mark.last, []).append(mark)
    triggers = list(_triggers(words, pieces, at_word, ends))
    # What is both denied and uncertain is uncertain: that comes last.
    for trigger in sorted(triggers, key=lambda one: one.certainty == "uncertain"):
        because = None
        if trigger.first <= trigger.last:
            because = words[trigger.first].start, words[trigger.last].end
        if trigger.ahead:
            caught = _ahead(words, trigger, at_word, ends, neutral)
        else:
            caught = _behind(words, trigger, ending, ends)
        for mark in caught:
            mark.certainty, mark.because = trigger.certainty, because


def _triggers(
    words: list[Word], pieces: list[Piece], at_word: dict[int, list[Mark]], ends: set[int]
) -> Iterator[_Trigger]:
    for piece in pieces:
        kinds = {kind for kind, _ in piece.readings}
        for name, certainty in (("negation", "negated"), ("uncertainty", "uncertain")):
            before, after = f"{name} before" in kinds, f"{name} after" in kinds
            if before and after:
                # "absent calcifications", "calcifications absent": look where there is something.
                before = _something_follows(words, piece.last, at_word, ends)
                after = not before
            if before or after:
                yield _Trigger(piece.first, piece.last, certainty, before)  # type: ignore[arg-type]
    for at, word in enumerate(words):
        if word.asks_before:
            yield _Trigger(at, at - 1, "uncertain", True)
        if word.asks_after:
            yield _Trigger(at + 1, at, "uncertain", False)


def _something_follows(
    words: list[Word], last: int, at_word: dict[int, list[Mark]], ends: set[int]
) -> bool:
    for at in range(last + 1, min(last + 4, len(words))):
        if words[at].gap or at in ends:
            return False
        if at in at_word:
            return True
    return False


_OR = {"or", "nor"}


def _ahead(
    words: list[Word],
    trigger: _Trigger,
    at_word: dict[int, list[Mark]],
    ends: set[int],
    neutral: set[int],
) -> list[Mark]:
    """Return the marks that a word reaches which stands before them."""
    leaves = _leaves()
    caught: list[Mark] = []
    whole = False
    at = trigger.last + 1
    while at < min(trigger.last + 1 + MAX_REACH, len(words)):
        word = words[at]
        if word.gap == "." or at in ends:
            break
        if word.gap == "," and caught and not _list_goes_on(words, at, caught, at_word, ends):
            break
        if word.gap == "," and at - 1 in neutral:
            break  # "no cystic change, hypoechoic": that was what is denied
        here = at_word.get(at, ())
        if here:
            caught += here
            # Where there is no nodule, nothing is said of it by what follows.
            whole = whole or any(mark.field == "present" for mark in here)
            at = max(mark.last for mark in here)
            if words[trigger.last].norm == "non":
                break
        elif caught and word.norm == "and":
            following = next(iter(at_word.get(at + 1, ())), None)
            if following is None or following.field not in {mark.field for mark in caught}:
                break
        elif caught and not whole and word.norm in leaves:
            break
        at += 1
    if trigger.certainty == "uncertain" and whole:
        # "possible nodule in the left lobe": where it would be is not in doubt.
        noun = next(number for number, mark in enumerate(caught) if mark.field == "present")
        edge = caught[noun].last
        caught = [mark for mark in caught if mark.first <= edge]
    return caught


def _list_goes_on(
    words: list[Word],
    comma: int,
    caught: list[Mark],
    at_word: dict[int, list[Mark]],
    ends: set[int],
) -> bool:
    """Whether a comma parts the members of a list "no a, b or c"."""
    fields = {mark.field for mark in caught}
    for at in range(comma, min(comma + MAX_REACH, len(words))):
        if at > comma and (words[at].gap == "." or at in ends):
            return False
        if words[at].norm in _OR:
            return True
        for mark in at_word.get(at, ()):
            if mark.field not in fields:
                return False
    return False


def _behind(
    words: list[Word], trigger: _Trigger, ending: dict[int, list[Mark]], ends: set[int]
) -> list[Mark]:
    """Return the marks that a word reaches which stands behind them."""
    caught: list[Mark] = []
    at = trigger.first - 1
    lowest = max(trigger.first - MAX_REACH, 0)
    joined = True
    while at >= lowest:
        # The gap belongs to the word to the right.
        right = words[at + 1] if at + 1 < len(words) else None
        if right is not None and at + 1 < trigger.first and right.gap == ".":
            break
        touching = at + 1 == trigger.first and trigger.last >= trigger.first
        if touching and right is not None and right.gap == ".":
            break
        if at in ends:
            break
        here = ending.get(at, [])
        if here:
            same = not caught or any(mark.field == other.field for mark in here for other in caught)
            adjectives = bool(caught) and caught[-1].first == at + 1 and not words[at + 1].gap
            if not (same and joined) and not adjectives:
                break
            caught += here
            joined = False
            at = min(mark.first for mark in here)
        elif caught:
            if words[at].norm in _OR | {"and"}:
                joined = True
            else:
                break
        elif trigger.first - at > 6:
            break
        at -= 1
    return caught


@cache
def _leaves() -> frozenset[str]:
    return frozenset(lexicon().leaves)
