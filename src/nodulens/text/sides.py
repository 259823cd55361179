"""Left and right exchanged in words, as a horizontal flip exchanges them in the picture."""

from __future__ import annotations

import re

_PAIRS = {
    "left": "right",
    "lefts": "rights",
    "leftmost": "rightmost",
    "leftward": "rightward",
    "leftwards": "rightwards",
    "leftsided": "rightsided",
    "lt": "rt",
    "izq": "der",
    "izquierdo": "derecho",
    "izquierda": "derecha",
    "izquierdos": "derechos",
    "izquierdas": "derechas",
    "izqdo": "dcho",
    "izqda": "dcha",
}
_BOTH_WAYS = _PAIRS | {right: left for left, right in _PAIRS.items()}
# A word in odd case ("lEFT") stays as it is: its partner has no such case to come back from.
_SWAPS = {
    style(word): style(partner)
    for word, partner in _BOTH_WAYS.items()
    for style in (str.lower, str.capitalize, str.upper)
}
_WORD = re.compile(
    r"(?<![^\W\d_])(?:" + "|".join(sorted(_SWAPS, key=len, reverse=True)) + r")(?![^\W\d_])"
)


def swap_sides(text: str) -> str:
    """Return ``text`` with left and right exchanged; twice gives the text back.

    English words, abbreviations (LT, RT) and Spanish ones (IZQ, DER, izquierdo, derecho) in lower
    case, capitals or with a capital first; never a part of a word ("bright", "leftover"). "Right"
    is always read as a side.
    """
    return _WORD.sub(lambda match: _SWAPS[match[0]], text)
