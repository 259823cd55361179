from __future__ import annotations

import pytest

from nodulens.text.lexicon import FIELDS, lexicon, normalised, words_of


def test_a_wording_has_one_meaning_in_its_field() -> None:
    for name in FIELDS:
        seen: dict[tuple[str, ...], str] = {}
        for value in lexicon().values[name].values():
            assert value.say, value
            for wording in value.read:
                assert words_of(wording), wording
                assert seen.setdefault(words_of(wording), value.value) == value.value, wording


def test_relations_lead_to_values_of_the_same_field() -> None:
    for name in FIELDS:
        group = lexicon().values[name]
        for value in group.values():
            assert value.kind_of is None or value.kind_of in group
            assert value.opposite is None or value.opposite in group or name == "foci"
            assert value.opposite != value.value


@pytest.mark.parametrize(
    ("name", "wording", "value"),
    [
        ("composition", "Predominantly-Solid", "predominantly solid"),
        ("echogenicity", "marked hypoechogenicity", "very hypoechoic"),
        ("echogenicity", "ISOECHOGENICITY", "isoechoic"),
        ("margin", "ill- defined", "ill-defined"),
        ("foci", "microcalcification", "punctate"),
        ("side", "Izquierdo", "left"),
        ("side", "der", "right"),
        ("composition", "hypoechoic", None),
        ("nothing", "solid", None),
    ],
)
def test_wordings_are_found(name: str, wording: str, value: str | None) -> None:
    assert lexicon().value_of(name, wording) == value


def test_relations_are_answered() -> None:
    assert lexicon().opposite("side", "left") == "right"
    assert lexicon().opposite("side", "isthmus") is None
    assert lexicon().wider("margin", "spiculated") == "lobulated or irregular"
    assert lexicon().wider("margin", "ill-defined") == "ill-defined"


def test_words_lose_case_and_accents() -> None:
    assert normalised("NÓDULO") == "nodulo"
    assert normalised("ﬁne") == "fine"
    assert words_of("Well-defined, it's") == ("well", "defined", "it", "s")
