from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodulens.errors import BadData
from nodulens.text.descriptors import Descriptors, LungArea
from nodulens.text.lexicon import lexicon
from nodulens.text.parse import parse_report
from nodulens.text.perturb import contradict, contradict_text, misspell, overlong
from nodulens.text.prompts import prompt
from tests.text.sentences import EVERY
from tests.text.test_prompts import INFECTIONS, NODULES

TURNED = ("composition", "echogenicity", "margin", "shape", "size", "side", "pole", "vertical",
          "horizontal", "foci")  # fmt: skip


@given(NODULES | INFECTIONS)
def test_opposites(said: Descriptors) -> None:
    opposite = contradict(said)
    assert opposite.told() == said.told()
    for name in set(said.told()) & set(TURNED) - {"foci"}:
        value = getattr(said, name)
        changed = getattr(opposite, name)
        assert (changed == value) == (lexicon().opposite(name, value) is None)
    for name in ("foci", "areas"):
        if getattr(said, name) is not None and said.foci != ("unspecified",):
            assert getattr(opposite, name) != getattr(said, name) or name == "areas"
    assert opposite.count == said.count
    assert opposite.size_mm == said.size_mm


@given(NODULES, st.integers(0, 30))
def test_opposite_words(said: Descriptors, variant: int) -> None:
    told = parse_report(contradict_text(prompt(said, "full", variant))).descriptors
    for name in set(said.told()) & set(TURNED):
        value = getattr(said, name)
        if name == "foci" or lexicon().opposite(name, value) is not None:
            assert getattr(told, name) != value, name


@pytest.mark.parametrize(
    ("text", "turned"),
    [
        ("small nodule in the left upper part", "large nodule in the right lower part"),
        ("Solid nodule, LEFT lobe", "cystic nodule, RIGHT lobe"),
        ("No microcalcifications, IZQ", " microcalcifications, DER"),
        (
            "Bilateral pulmonary infection, two infected areas, all left lung and lower right "
            "lung.",
            "unilateral pulmonary infection, two infected areas, lower right lung and upper left "
            "lung.",
        ),
        ("nothing of the kind", "nothing of the kind"),
        ("", ""),
    ],
)
def test_texts_turned(text: str, turned: str) -> None:
    assert contradict_text(text) == turned


def test_areas_change_sides() -> None:
    said = Descriptors(target="infection", areas=(LungArea(side="left", levels=("upper",)),))
    assert contradict(said).areas == (LungArea(side="right", levels=("lower",)),)


@given(st.text(), st.integers(0, 99))
def test_any_text_can_be_spoilt(text: str, seed: int) -> None:
    contradict_text(text)
    assert misspell(text, seed) == misspell(text, seed)


def test_slips() -> None:
    text = "Solid hypoechoic nodule with smooth margins in the left lobe"
    spoilt = [misspell(text, seed) for seed in range(20)]
    assert text not in spoilt
    assert len(set(spoilt)) > 15
    for one in spoilt:
        assert [word[0] for word in one.split()] == [word[0] for word in text.split()]
        changed = sum(a != b for a, b in zip(one.split(), text.split(), strict=True))
        assert changed == 2  # a quarter of the eight words of four letters and more
    assert misspell(text, 1, share=0) == text
    assert misspell("a b c", 1) == "a b c"
    with pytest.raises(BadData, match="share"):
        misspell(text, 1, share=2)


@pytest.mark.parametrize("sentence", EVERY, ids=lambda sentence: sentence.text)
def test_filler_says_nothing(sentence: object) -> None:
    text = sentence.text  # type: ignore[attr-defined]
    long = overlong(text, 300)
    assert len(long.split()) >= 300
    assert text in long
    assert parse_report(long).descriptors == parse_report(text).descriptors


def test_filler_has_its_limits() -> None:
    assert overlong("solid nodule", 0) == "solid nodule."
    assert overlong("a", 50, seed=1) != overlong("a", 50, seed=2)
    assert parse_report(overlong("", 1000)).statements == ()
    with pytest.raises(BadData, match="filler"):
        overlong("a", -1)
