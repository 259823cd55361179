from __future__ import annotations

import pytest

from nodulens.text.words import Word, read_words


def read(text: str) -> list[Word]:
    return read_words(text, {"nodul": "nodule"}.get)[0]


def test_words_keep_their_place() -> None:
    text = "Nódulo 1,5 cm, left-sided_lobe"
    words = read(text)
    assert [word.norm for word in words] == ["nodulo", "1,5", "cm", "left", "sided", "lobe"]
    assert text[words[0].start : words[0].end] == "Nódulo"


@pytest.mark.parametrize(
    ("text", "gaps"),
    [
        ("solid. cystic", ["", "."]),
        ("solid, cystic (left)", ["", ",", ","]),
        ("well-defined ill- defined", ["", "", "", ""]),
        ("solid - cystic", ["", ","]),
        ("lob. izq. nodule", ["", "", ""]),
        ("solid\ncystic", ["", ""]),
        ("solid\nCystic", ["", "."]),
        ("solid\n- cystic", ["", "."]),
        ("solid\n\ncystic", ["", "."]),
        ("calcifications: none", ["", ""]),
        ("margin; shape", ["", "."]),
    ],
)
def test_what_stands_between(text: str, gaps: list[str]) -> None:
    words = read(text)
    assert [word.gap for word in words] == gaps
    assert words[-1].sentence == gaps.count(".")


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("?mass left", [True, False], [False, False]),
        ("left ?mass", [False, True], [False, False]),
        ("mass? left", [False, False], [True, False]),
        ("left mass (?)", [False, False], [False, True]),
        ("mass (?) left", [False, False], [True, False]),
    ],
)
def test_question_marks(text: str, before: list[bool], after: list[bool]) -> None:
    assert [word.asks_before for word in read(text)] == before
    assert [word.asks_after for word in read(text)] == after


def test_halves_are_joined_and_non_is_parted() -> None:
    joined = read("micro- and macrocalcifications")
    assert [word.norm for word in joined] == ["microcalcifications", "and", "macrocalcifications"]
    assert [word.norm for word in read("Noncalcified nonsense")] == [
        "non", "calcified", "nonsense"
    ]  # fmt: skip


def test_misspelt_words_are_read_and_told() -> None:
    words, corrected = read_words("Nodul", {"nodul": "nodule"}.get)
    assert words[0].norm == "nodule"
    assert corrected == {"Nodul": "nodule"}
