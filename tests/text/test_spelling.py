from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodulens.text.lexicon import lexicon, words_of
from nodulens.text.spelling import Speller

WORDS = sorted(
    {
        word
        for group in lexicon().values.values()
        for value in group.values()
        for wording in value.read
        for word in words_of(wording)
    }
)
SPELL = Speller(WORDS, WORDS)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hypoecoic", "hypoechoic"),
        ("hyperechioc", "hyperechoic"),
        ("isoecoic", "isoechoic"),
        ("calcifcation", "calcification"),
        ("microcalcifcations", "microcalcifications"),
        ("macrocalcifiction", "macrocalcification"),
        ("spongifrom", "spongiform"),
        ("iregular", None),  # "ir-" decides the meaning, and it is not there
        ("lobualted", "lobulated"),
        ("spiculatd", "spiculated"),
        ("isthums", "isthmus"),
        ("noduel", "nodule"),
    ],
)
def test_slips_are_put_right(typed: str, meant: str | None) -> None:
    assert SPELL(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "hypeechoic",  # one letter from hypoechoic, one from hyperechoic
        "hyprechoic",
        "micracalcification",
        "lefft", "rigth", "uper", "lowre", "soild",  # too short to be sure
        "regularly", "lateral", "ilateral", "defined", "xyzzyx", "", "a" * 10_000, "12345678",
    ],
)  # fmt: skip
def test_doubt_is_left_alone(typed: str) -> None:
    assert SPELL(typed) is None


def test_a_right_word_is_not_touched() -> None:
    assert all(SPELL(word) is None for word in WORDS)


@given(st.sampled_from(["hypoechoic", "hyperechoic", "microcalcification", "macrocalcification",
                        "unilateral", "bilateral"]),
       st.integers(0, 17), st.sampled_from("abehiorty"), st.sampled_from("dirs"))  # fmt: skip
def test_one_slip_never_gives_the_opposite(word: str, at: int, letter: str, kind: str) -> None:
    at = at % len(word)
    typed = {
        "d": word[:at] + word[at + 1 :],
        "i": word[:at] + letter + word[at:],
        "r": word[:at] + letter + word[at + 1 :],
        "s": word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
    }[kind]
    family = {word, word + "s"}
    assert SPELL(typed) in {None, *family}
