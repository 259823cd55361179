from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodulens.data.phantom import phantom
from nodulens.text.descriptors import Descriptors, LungArea
from nodulens.text.parse import MAX_UNKNOWN, Passage, Understood, parse_report
from tests.text.sentences import CHEST, EVERY, LATER, Sentence


def pairs(statements: tuple[Passage, ...]) -> set[str]:
    return {f"{one.field}={one.value}" for one in statements}


def areas(told: tuple[str, ...]) -> tuple[LungArea, ...]:
    return tuple(LungArea(side=one[-1], levels=tuple(one[:-1])) for one in map(str.split, told))


def test_the_table_is_long_enough() -> None:
    assert len({sentence.text for sentence in EVERY}) >= 80


@pytest.mark.parametrize("sentence", EVERY, ids=lambda sentence: sentence.text)
def test_sentences(sentence: Sentence) -> None:
    understood = parse_report(sentence.text)
    said = understood.descriptors
    wanted = dict(sentence.affirmed)
    present = wanted.pop("present", said.present)
    if "areas" in wanted:
        wanted["areas"] = areas(wanted["areas"])
    assert {name: getattr(said, name) for name in said.told()} == wanted
    assert said.present is present
    assert said.target == ("infection" if sentence in CHEST else "nodule")
    assert pairs(understood.negated) == set(sentence.negated)
    assert pairs(understood.uncertain) == set(sentence.uncertain)


KNOWN_LIMIT = "Lesion without extrathyroidal extension, calcifications or a halo."


@pytest.mark.parametrize(
    ("text", "certainties"),
    [
        pytest.param(
            *one,
            id=one[0],
            marks=[pytest.mark.xfail(reason="a list of different kinds of things")]
            if one[0] == KNOWN_LIMIT
            else [],
        )
        for one in LATER
    ],
)
def test_sentences_written_later(text: str, certainties: dict[str, str]) -> None:
    statements = parse_report(text).statements
    for phrase, letter in certainties.items():
        start = text.index(phrase)
        (first, *_) = [
            one for one in statements if one.start < start + len(phrase) and start < one.end
        ]
        assert first.certainty[0] == letter, phrase


@pytest.mark.parametrize(
    ("text", "present"),
    [
        ("Thyroid nodule", True),
        ("hypoechoic", True),
        ("no nodule", False),
        ("possible nodule", None),
        ("No nodule on the left, solid nodule on the right", True),
        ("microcalcifications absent", None),
        ("left lobe", None),
        ("", None),
    ],
)
def test_presence(text: str, present: bool | None) -> None:
    assert parse_report(text).descriptors.present is present


def test_statements_point_at_their_words() -> None:
    text = "Solid nodule, no microcalcifications in the LEFT lobe."
    understood = parse_report(text)
    spans = {one.field: text[one.start : one.end] for one in understood.statements}
    assert spans == {
        "composition": "Solid", "present": "nodule", "foci": "microcalcifications", "side": "LEFT"
    }  # fmt: skip
    (denied,) = understood.negated
    assert denied.because is not None
    assert text[slice(*denied.because)] == "no"
    assert all(one.text == text[one.start : one.end] for one in understood.statements)


def test_corrections_and_strange_words_are_told() -> None:
    understood = parse_report("Hypoecoic nodule with xyzzy vascularity, xyzzy")
    assert understood.corrected == {"Hypoecoic": "hypoechoic"}
    assert understood.not_understood == ("xyzzy", "vascularity")
    many = " ".join(f"qq{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(200))
    assert len(parse_report(many).not_understood) == MAX_UNKNOWN


def test_contradictions_are_told() -> None:
    understood = parse_report("Solid nodule. Cystic nodule. Small, 12 mm and 8 mm.")
    assert understood.descriptors.composition == "solid"
    assert set(understood.conflicts) == {"composition", "size_mm"}
    assert parse_report("well-defined smooth, spiculated").conflicts == ("margin",)
    assert parse_report("lobulated or irregular, spiculated margin").conflicts == ()


def test_wrapped_lines_go_on_and_lists_do_not() -> None:
    assert parse_report("Solid nodule without\nmicrocalcifications").descriptors.foci is None
    listed = parse_report("- no\n- microcalcifications")
    assert listed.descriptors.foci == ("punctate",)


@pytest.mark.parametrize("seed", range(12))
def test_phantoms_texts_say_their_labels(seed: int) -> None:
    made = phantom(seed, width=320, height=240)
    said = parse_report(made.text).descriptors
    labels = Descriptors.from_labels(made.labels)
    wanted = labels.only(*(set(labels.told()) - {"echogenicity"}))
    assert said.only(*wanted.told()) == wanted
    assert said.size_mm is not None
    # A cystic phantom's sentence leaves out that it is anechoic.
    assert said.echogenicity == (None if labels.composition == "cystic" else labels.echogenicity)


@pytest.mark.parametrize(
    "text",
    ["", " ", "\x00", "?", "?" * 50, "no", "no no no no", "\ud800", "ﬁ ﬂ ß İ", "右葉 結節", "n̈o",
     "½ mm", "nodule?",
     "²² mm", "٣ mm", "١٢ x ٨ mm", "left" * 3000, "1" * 5000 + " mm", "1.1.1.1 mm", "x x x mm",
     "no " * 2000 + "nodule", "and left", "left and", "micro- and", "-" * 9999, "\u202eleft\u202c"],
)  # fmt: skip
def test_odd_input_is_read(text: str) -> None:
    assert isinstance(parse_report(text), Understood)


FRAGMENTS = st.sampled_from(
    [
        "no", "not", "without", "possible", "?", ".", ",", "and", "or", "but", "left", "upper",
        "lung", "lobe", "part", "nodule", "nodules", "infected area", "microcalcifications",
        "solid", "cystic", "12 x 8 mm", "two", "absent", "small", "all", "pole", "of the", "\n",
        "micro-", "bilateral", "calcification", "hypoecoic", ":", "(", "centre",
    ]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(FRAGMENTS, max_size=30).map(" ".join)))
def test_no_string_raises(text: str) -> None:
    understood = parse_report(text)
    assert Understood.model_validate(understood.model_dump()) == understood
    assert all(text[one.start : one.end] == one.text for one in understood.statements)


def test_time_is_proportional_to_length() -> None:
    sentence = "Solid nodul%c in the left lobe, no microcalcifications or irregulr margin, 12 mm. "
    long = "".join(sentence % chr(97 + number % 26) for number in range(1300))
    assert len(long) > 100_000
    parse_report(long[:500])
    short = best_time(long[: len(long) // 4])
    assert best_time(long) < 10 * short + 0.3


@pytest.mark.parametrize(
    "word", ["no ", "left ", "nodule, ", "a", "? ", "or ", "1 x ", "upper and "]
)
def test_repetition_is_no_trap(word: str) -> None:
    long = word * (20_000 // len(word))
    short = best_time(long[: len(long) // 4])
    assert best_time(long) < 10 * short + 0.1


def best_time(text: str) -> float:
    # Of the processor, not of the clock: other programs run, too.
    taken = []
    for _ in range(2):
        start = time.process_time()
        parse_report(text)
        taken.append(time.process_time() - start)
    return min(taken)
