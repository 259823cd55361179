"""Text taken apart into words, with what stands between them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from nodulens.text.lexicon import normalised

_TOKEN = re.compile(r"\d+(?:[.,]\d+)?|(?i:non(?=calcif))|[^\W\d_]+")
"""A number, or a word; of "noncalcified" each half."""
_ABBREVIATIONS = {
    "izq", "der", "lob", "lt", "rt", "dcho", "dcha", "izqdo", "izqda", "approx", "ca", "cf", "dr",
    "fig", "max", "min", "vs",
}  # fmt: skip
"""A full stop after one of these ends no sentence."""
_STOP = re.compile(r"[.;!?\n]")


@dataclass(slots=True)
class Word:
    """A word or number of the text.

    Attributes:
        norm: normalised, and put right if it was misspelt.
        start: its first character in the text; ``end`` is behind its last.
        gap: what parts it from the word before: "" nothing, "," weakly, "." a sentence's end.
        asks_before: a question mark stands before it, as in "?mass".
        asks_after: a question mark stands behind it.
        sentence: number of its sentence, from 0.
    """

    norm: str
    start: int
    end: int
    gap: str
    asks_before: bool = False
    asks_after: bool = False
    sentence: int = 0


def read_words(
    text: str, speller: Callable[[str], str | None]
) -> tuple[list[Word], dict[str, str]]:
    """Return the words of a text, and the misspelt ones with what they are read as.

    Args:
        text: any string.
        speller: returns what a normalised word is meant to be, or None.
    """
    words: list[Word] = []
    corrected: dict[str, str] = {}
    read: dict[str, str] = {}
    end = 0
    for match in _TOKEN.finditer(text):
        written = match[0]
        if written not in read:
            norm = normalised(written)
            better = speller(norm)
            if better is not None:
                corrected[written] = better
            read[written] = better or norm
        word = Word(read[written], match.start(), match.end(), "")
        if words:
            _part(words[-1], word, text[end : match.start()], written)
        elif text[: match.start()].endswith("?"):
            word.asks_before = True
        words.append(word)
        end = match.end()
    if words and "?" in text[end:]:
        words[-1].asks_after = True
    _join_halves(words)
    return words, corrected


def _part(before: Word, word: Word, between: str, written: str) -> None:
    """Set what stands between two words."""
    word.sentence = before.sentence
    if "?" in between:
        # "?mass" asks of what follows; "mass?" and "mass (?)" of what precedes.
        if between.endswith("?") and between.partition("?")[0].endswith((" ", "\n", "\t", "(")):
            word.asks_before = True
            between = between.replace("?", " ")
        else:
            before.asks_after = True
            between = between.replace("(?)", " ")
    kind = ""
    if _STOP.search(between):
        kind = "."
        if between.count("\n") == 1 and not _STOP.search(between.replace("\n", "")):
            # A line that is only wrapped goes on in lower case.
            listed = bool(re.search(r"[-*•·]", between))
            kind = "." if listed or not written[0].islower() else ""
        elif between.startswith(".") and "\n" not in between and between.strip() == ".":
            kind = "" if before.norm in _ABBREVIATIONS else "."
    elif any(sign in between for sign in ",()[]—–|") or " - " in between:
        kind = ","
    word.gap = kind
    if kind == ".":
        word.sentence += 1


def _join_halves(words: list[Word]) -> None:
    """Read "micro- and macrocalcifications" as two whole words."""
    for first, conjunction, whole in zip(words, words[1:], words[2:], strict=False):
        if first.norm in ("micro", "macro") and conjunction.norm in ("and", "or", "nor"):
            for prefix in ("micro", "macro"):
                if whole.norm.startswith(prefix + "calcif"):
                    first.norm += whole.norm.removeprefix(prefix)
