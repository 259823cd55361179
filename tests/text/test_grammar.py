from __future__ import annotations

import pytest

from nodulens.text.grammar import find_pieces, grammar
from nodulens.text.words import read_words


def found(text: str) -> list[tuple[str, list[tuple[str, str]]]]:
    words, _ = read_words(text, grammar().speller)
    return [
        (text[words[piece.first].start : words[piece.last].end], piece.readings)
        for piece in find_pieces(words)
    ]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("very hypoechoic", [("very hypoechoic", [("echogenicity", "very hypoechoic")])]),
        ("Comet-tail artifacts", [("Comet-tail artifacts", [("foci", "comet-tail")])]),
        ("rim calcifications", [("rim calcifications", [("foci", "peripheral rim")])]),
        ("cannot exclude", [("cannot exclude", [("uncertainty before", "")])]),
        ("no change", [("no change", [("neutral", "")])]),
        ("isthmus", [("isthmus", [("side", "isthmus")])]),
        ("left upper unspecified", []),
    ],
)
def test_the_longest_wording_is_found(
    text: str, pieces: list[tuple[str, list[tuple[str, str]]]]
) -> None:
    assert found(text) == pieces


def test_wordings_do_not_cross_punctuation() -> None:
    assert [text for text, _ in found("mixed. Cystic")] == ["mixed", "Cystic"]
    assert [text for text, _ in found("solid, cystic")] == ["solid", "cystic"]
    assert [text for text, _ in found("solid cystic")] == ["solid cystic"]


@pytest.mark.parametrize(
    "word", ["values", "course", "lesson", "district", "injection", "inspected", "speculated"]
)
def test_other_words_are_not_corrected(word: str) -> None:
    assert grammar().speller(word) is None


def test_words_of_place_are_listed_by_field() -> None:
    levels = grammar().levels
    assert levels["side"]["izq"] == "left"
    assert levels["vertical"]["top"] == "upper"
    assert levels["horizontal"]["center"] == "centre"
    assert "isthmus" not in levels["side"], "it is a wording of its own"
