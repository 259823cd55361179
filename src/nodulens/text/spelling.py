"""Misspelt words of the lexicon, put right where there is no doubt which one was meant.

The distance counts swapped neighbours, wrong, missing and extra letters (rapidfuzz). A correction
that turned a finding into its opposite would be worse than a word not understood, so that:

- short words (below six letters: left, upper, solid) are never corrected, nor corrected to;
- the first letter must be right, and so must a prefix that decides the meaning (hypo-, hyper-,
  iso-, an-, micro-, macro-, non-, un-, bi-, uni-, ir-, in-, ill-, extra-);
- one slip is forgiven up to nine letters, two from ten on;
- a word that only goes on ("regularly") is another word;
- no other word of the lexicon may be as near.
"""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

_SHORTEST = 6
_LONGEST = 30
_TWO_SLIPS = 10
_PREFIXES = (
    "hypo", "hyper", "iso", "an", "micro", "macro", "non", "un", "uni", "bi", "ir", "in", "ill",
    "extra", "sub", "well", "hiper", "hipo",
)  # fmt: skip


class Speller:
    """Corrects words to those of a vocabulary.

    Args:
        vocabulary: words in the form of :func:`nodulens.text.lexicon.normalised`; they themselves
            are never corrected.
        targets: those of them that a misspelt word may stand for.
    """

    def __init__(self, vocabulary: Iterable[str], targets: Iterable[str]) -> None:
        self._known = frozenset(vocabulary)
        self._targets = sorted({word for word in targets if len(word) >= _SHORTEST})
        self._all = sorted({word for word in self._known if len(word) >= _SHORTEST - 1})
        self._may_be = frozenset(self._targets)

    def __call__(self, word: str) -> str | None:
        """Return the word that ``word`` is meant to be, or None if that is not certain."""
        if not _SHORTEST <= len(word) <= _LONGEST or word in self._known or not word.isalpha():
            return None
        slips = 2 if len(word) >= _TWO_SLIPS else 1
        found = process.extract(word, self._all, scorer=OSA.distance, score_cutoff=slips, limit=3)
        if not found or (len(found) > 1 and not self._same_word(found[0], found[1])):
            return None
        best = str(found[0][0])
        return best if best in self._may_be and _agree(word, best) else None

    @staticmethod
    def _same_word(best: tuple[str, float, int], second: tuple[str, float, int]) -> bool:
        """Whether the second is farther off, or the best's own plural or singular."""
        if second[1] > best[1]:
            return True
        short, long = sorted((best[0], second[0]), key=len)
        return long == short + "s"


def _agree(word: str, target: str) -> bool:
    if word[0] != target[0] or word.startswith(target):
        return False
    # Both ways: what begins like another meaning is not corrected to one without the beginning.
    return all(word.startswith(part) == target.startswith(part) for part in _PREFIXES)
