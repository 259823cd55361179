from __future__ import annotations

import pytest

from nodulens.analysis.attributes import name_attributes, possible_tirads

SURE = {
    "composition": {"solid": 0.95, "cystic": 0.05},
    "echogenicity": {"hypoechoic": 0.85, "isoechoic": 0.15},
    "margin": {"smooth": 0.9, "ill-defined": 0.1},
    "foci": {"none": 0.81, "punctate": 0.19},
}


def test_what_is_possible_has_four_fifths_of_the_probability() -> None:
    said = {"margin": {"a": 0.1, "b": 0.5, "c": 0.3, "d": 0.1}}
    attribute = name_attributes(said)["margin"]
    assert (attribute.value, attribute.probability) == ("b", 0.5)
    assert attribute.possible == ["b", "c"]
    assert attribute.probabilities == said["margin"]


def test_sure_attributes_give_one_level() -> None:
    attributes = name_attributes(SURE)
    found = possible_tirads(attributes, taller_than_wide=False, largest_mm=None)
    assert found.points == (4, 4)
    assert found.levels == ["TR4"]
    assert found.recommendations is None
    assert found.missing == []
    tall = possible_tirads(attributes, taller_than_wide=True, largest_mm=12.0)
    assert (tall.points, tall.levels) == ((7, 7), ["TR5"])
    assert tall.recommendations == ["biopsy"]


def test_doubt_and_what_is_missing_widen_the_range() -> None:
    said = {name: values for name, values in SURE.items() if name != "margin"}
    said["foci"] = {"none": 0.5, "punctate": 0.4, "macrocalcification": 0.1}
    found = possible_tirads(name_attributes(said), taller_than_wide=False, largest_mm=16.0)
    # Without the margin 0 to 3 points more, with punctate foci 3 more.
    assert found.points == (4, 10)
    assert found.levels == ["TR4", "TR5"]
    assert found.missing == ["margin"]
    assert found.by_category["foci"] == (0, 3)
    assert found.recommendations == ["biopsy"]


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_nodule_that_may_be_spongiform_may_be_benign(share: float) -> None:
    said = SURE | {"composition": {"spongiform": share, "solid": 1 - share}}
    found = possible_tirads(name_attributes(said), taller_than_wide=False, largest_mm=None)
    assert found.points[0] == 0
    assert ("TR4" in found.levels) == (share < 0.8)
