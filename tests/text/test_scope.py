from __future__ import annotations

import pytest

from nodulens.text.grammar import find_pieces, grammar
from nodulens.text.scope import MAX_REACH, judge
from nodulens.text.statements import statements_in
from nodulens.text.words import read_words


def judged(text: str) -> str:
    """Return a letter for each statement: affirmed, uncertain or negated."""
    words, _ = read_words(text, grammar().speller)
    pieces = find_pieces(words)
    marks = statements_in(text, words, pieces)
    judge(words, pieces, marks)
    return "".join(mark.certainty[0] for mark in marks)


@pytest.mark.parametrize(
    ("text", "certainties"),
    [
        ("solid, cystic", "aa"),
        ("no solid nodule", "nn"),
        ("no microcalcifications. Solid", "na"),
        ("no microcalcifications but solid", "na"),
        ("no microcalcifications and macrocalcifications", "nn"),
        ("no microcalcifications and solid", "na"),
        ("no microcalcifications or solid", "nn"),
        ("no microcalcifications, macrocalcifications or rim calcification", "nnn"),
        ("no microcalcifications, solid", "na"),
        ("no microcalcifications in the solid nodule", "naa"),
        ("no nodule with microcalcifications", "nn"),
        ("microcalcifications absent", "n"),
        ("absent microcalcifications", "n"),
        ("solid nodule, microcalcifications absent", "aan"),
        ("microcalcifications and rim calcification not seen", "nn"),
        ("solid. Not seen", "a"),
        ("possible solid nodule in the left lobe", "uua"),
        ("possibly no microcalcifications", "u"),
        ("microcalcifications?", "u"),
        ("?solid hypoechoic", "uu"),
        ("solid, with no cystic change, and hypoechoic", "aa"),
        ("non-calcified isoechoic nodule", "naa"),
        ("spiculated margin cannot be excluded", "u"),
        ("no " + "word " * MAX_REACH + "solid", "a"),
        ("no " + "word " * (MAX_REACH - 1) + "solid", "n"),
    ],
)
def test_reach(text: str, certainties: str) -> None:
    assert judged(text) == certainties
