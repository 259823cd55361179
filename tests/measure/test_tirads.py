from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from nodulens.measure.tirads import POINTS, UNDETERMINABLE, score, score_possible
from nodulens.text.descriptors import Composition, Echogenicity, Foci, Margin, Orientation

BENIGN = {
    "composition": "cystic",
    "echogenicity": "anechoic",
    "shape": "wider than tall",
    "margin": "smooth",
    "foci": ["none"],
}


@pytest.mark.parametrize(
    ("changes", "points", "levels"),
    [
        ({}, 0, ("TR1",)),
        ({"composition": "mixed"}, 1, ("TR1", "TR2")),
        ({"composition": "solid"}, 2, ("TR2",)),
        ({"composition": "solid", "echogenicity": "isoechoic"}, 3, ("TR3",)),
        ({"composition": "solid", "echogenicity": "hypoechoic"}, 4, ("TR4",)),
        (
            {"composition": "solid", "echogenicity": "hypoechoic", "margin": "spiculated"},
            6,
            ("TR4",),
        ),
        ({"composition": "solid", "echogenicity": "hypoechoic", "foci": ["punctate"]}, 7, ("TR5",)),
        ({"shape": "taller than wide", "foci": ["macrocalcification", "punctate"]}, 7, ("TR5",)),
        ({"margin": "extrathyroidal extension", "foci": ["comet-tail"]}, 3, ("TR3",)),
        ({"foci": ["peripheral rim"]}, 2, ("TR2",)),
        ({"echogenicity": "very hypoechoic"}, 3, ("TR3",)),
        (
            dict.fromkeys(("composition", "echogenicity", "margin"), UNDETERMINABLE),
            3,
            ("TR3",),
        ),
    ],
)
def test_points_add_up_to_the_level(
    changes: dict[str, object], points: int, levels: tuple[str, ...]
) -> None:
    found = score(**(BENIGN | changes))  # type: ignore[arg-type]
    assert found.points == (points, points)
    assert found.levels == levels
    assert found.missing == ()
    assert any("between TR1 and TR2" in note for note in found.notes) == (points == 1)


def test_a_spongiform_nodule_gets_no_further_points() -> None:
    found = score(composition="spongiform", echogenicity="hypoechoic", foci=["punctate"])
    assert found.points == (0, 0)
    assert found.levels == ("TR1",)
    assert found.missing == ()


def test_what_is_missing_makes_a_range_that_holds_every_full_answer() -> None:
    known = {"echogenicity": "hypoechoic", "margin": "ill-defined"}
    found = score(**known)  # type: ignore[arg-type]
    assert found.missing == ("composition", "shape", "foci")
    assert found.by_category == {"echogenicity": (2, 2), "margin": (0, 0)}
    assert found.points == (2, 2 + 2 + 3 + 6)
    assert found.levels == ("TR2", "TR3", "TR4", "TR5")
    for composition, shape, foci in product(
        set(POINTS["composition"]) - {"spongiform"}, POINTS["shape"], POINTS["foci"]
    ):
        whole = score(composition=composition, shape=shape, foci=[foci], **known)  # type: ignore[arg-type]
        assert found.points[0] <= whole.points[0] <= found.points[1]
        assert set(whole.levels) <= set(found.levels)
    assert any("spongiform" in note for note in found.notes)
    nothing = score()
    assert nothing.points == (0, 2 + 3 + 3 + 3 + 6)
    assert nothing.levels == ("TR1", "TR2", "TR3", "TR4", "TR5")


def test_calcifications_of_a_kind_that_is_not_said_may_be_any() -> None:
    assert score(foci=["unspecified"]).by_category["foci"] == (1, 6)
    assert score(composition="dense").missing[0] == "composition"


@pytest.mark.parametrize(
    ("level", "changes", "biopsy", "follow_up"),
    [
        ("TR3", {"composition": "solid", "echogenicity": "isoechoic"}, 25, 15),
        ("TR4", {"composition": "solid", "echogenicity": "hypoechoic"}, 15, 10),
        ("TR5", {"shape": "taller than wide", "foci": ["punctate", "macrocalcification"]}, 10, 5),
    ],
)
def test_recommendations_go_by_the_largest_diameter(
    level: str, changes: dict[str, object], biopsy: float, follow_up: float
) -> None:
    for largest, expected in (
        (biopsy, "biopsy"),
        (biopsy - 0.1, "follow-up"),
        (follow_up, "follow-up"),
        (follow_up - 0.1, "none"),
    ):
        found = score(**(BENIGN | changes), largest_mm=largest)  # type: ignore[arg-type]
        assert found.levels == (level,)
        assert found.recommendations == (expected,)
    assert score(**(BENIGN | changes)).recommendations is None  # type: ignore[arg-type]
    assert score(**BENIGN, largest_mm=90).recommendations == ("none",)  # type: ignore[arg-type]


def test_several_levels_may_recommend_several_things() -> None:
    found = score(composition="solid", echogenicity="hypoechoic", largest_mm=12)
    assert found.levels == ("TR4", "TR5")
    assert found.recommendations == ("follow-up", "biopsy")


def test_the_words_are_those_of_reports() -> None:
    for category, words in (
        ("composition", Composition),
        ("echogenicity", Echogenicity),
        ("margin", Margin),
        ("shape", Orientation),
        ("foci", Foci),
    ):
        unknown = set(get_args(words)) - set(POINTS[category])
        assert unknown <= {"dense", "unspecified"}
        assert set(POINTS[category]) - set(get_args(words)) <= {UNDETERMINABLE}


def test_what_may_be_true_is_scored_in_all_its_combinations() -> None:
    found = score_possible(
        {"composition": ["solid", "spongiform"], "foci": ["none", "punctate"]},
        shape="wider than tall",
        largest_mm=30.0,
    )
    each = [
        score(composition=composition, foci=[foci], shape="wider than tall", largest_mm=30.0)
        for composition in ("solid", "spongiform")
        for foci in ("none", "punctate")
    ]
    assert found.points == (min(e.points[0] for e in each), max(e.points[1] for e in each))
    assert set(found.levels) == {level for one in each for level in one.levels}
    assert found.by_category == {"composition": (0, 2), "foci": (0, 3), "shape": (0, 0)}
    assert found.missing == ("echogenicity", "margin")
    assert found.recommendations == ("none", "biopsy")


def test_one_possibility_each_is_a_plain_score() -> None:
    values = {"composition": "solid", "echogenicity": "hypoechoic", "margin": "spiculated"}
    found = score_possible(
        {name: [value] for name, value in values.items()} | {"foci": ["punctate"]},
        shape="taller than wide",
    )
    assert found == score(**values, foci=["punctate"], shape="taller than wide")  # type: ignore[arg-type]


def test_foci_that_are_known_are_added_up_whatever_else_is_possible() -> None:
    both = ["punctate", "macrocalcification"]
    found = score_possible(
        {"composition": ["solid", "mixed"], "foci": ["none"]}, foci=both, shape="wider than tall"
    )
    assert found.by_category["foci"] == (4, 4)
    assert found.by_category["composition"] == (1, 2)
    assert score_possible({}, foci=both) == score(foci=both)
