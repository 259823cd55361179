from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.sr._concepts_dict import concepts
from pydicom.sr.coding import Code
from pydicom.uid import UID_dictionary

from nodulens.dicom import codes
from nodulens.measure.tirads import POINTS

ROOT = Path(__file__).resolve().parents[2]


def every_code() -> Iterator[Code]:
    yield from (value for value in vars(codes).values() if isinstance(value, Code))
    yield from codes.SIDES.values()
    yield from codes.ATTRIBUTES.values()
    for attribute, values in POINTS.items():
        yield from (codes.value_code(attribute, value) for value in values)


def test_codes_of_the_standard_mean_what_the_standard_says() -> None:
    # pydicom's tables are made from PS3.16, in its own words.
    said = {
        (scheme, value): meaning
        for scheme, names in concepts.items()
        for values in names.values()
        for value, (meaning, contexts) in values.items()
        if contexts or scheme == "DCM"
    }
    checked = [code for code in every_code() if code.scheme_designator in ("SCT", "DCM", "LN")]
    assert len(checked) > 20
    for code in checked:
        assert said[code.scheme_designator, code.value] == code.meaning
    units = [code for code in every_code() if code.scheme_designator == "UCUM"]
    for code in units:
        assert said.get(("UCUM", code.value), "pixels") == code.meaning


def test_codes_fit_their_elements_and_are_told_apart() -> None:
    meanings: dict[tuple[str, str], str] = {}
    for code in every_code():
        assert 0 < len(code.value) <= 16, code
        assert 0 < len(code.meaning) <= 64, code
        assert meanings.setdefault((code.scheme_designator, code.value), code.meaning)
        assert meanings[code.scheme_designator, code.value] == code.meaning
    for attribute, values in POINTS.items():
        assert len({codes.value_code(attribute, value) for value in values}) == len(values)


def test_schemes_are_registered_or_marked_as_private() -> None:
    schemes = {code.scheme_designator for code in every_code()}
    registered = {info[4] for info in UID_dictionary.values() if info[1] == "Coding Scheme"}
    assert "RADELEMENT" in registered
    # RFC 5646 has no UID; PS3.16, table 8-1, names it all the same.
    assert schemes - registered - set(concepts) - {"RFC5646"} == {"99NODULENS"}


@pytest.mark.parametrize(
    ("attribute", "value", "code"),
    [
        ("composition", "solid", "RDE1040.3"),
        ("echogenicity", "very hypoechoic", "RDE1041.4"),
        ("foci", "punctate", "RDE1042.2"),
        ("shape", "taller than wide", "RDE1042.4"),
    ],
)
def test_values_of_tirads_have_the_codes_of_their_set(
    attribute: str, value: str, code: str
) -> None:
    assert codes.value_code(attribute, value).value == code


def test_a_finer_value_is_not_coded_as_the_coarser() -> None:
    coded = codes.value_code("composition", "predominantly solid")
    assert coded.scheme_designator == codes.PRIVATE
    assert coded.meaning == "predominantly solid"
    assert coded == codes.word_code("predominantly solid")
    assert coded != codes.word_code("predominantly cystic")
    assert codes.attribute_code("halo").meaning == "halo"


def test_the_reference_lists_every_code() -> None:
    page = (ROOT / "docs" / "reference" / "dicom-objects.md").read_text("utf-8")
    for code in every_code():
        # A value of a RadElement is listed by its number within the element's row.
        element, _, value = code.value.partition(".")
        assert element in page or code == codes.word_code(code.meaning), code
        assert f".{value}" in page, code
