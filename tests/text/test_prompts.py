from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodulens.errors import BadData
from nodulens.text import descriptors as module
from nodulens.text.descriptors import Descriptors, LungArea
from nodulens.text.parse import parse_report
from nodulens.text.prompts import FIXED, LEVELS, Level, prompt


def maybe(values: object) -> st.SearchStrategy[object]:
    return st.none() | st.sampled_from(get_args(values))


KINDS = [kind for kind in get_args(module.Foci) if kind not in ("none", "unspecified")]
DIAMETERS = st.lists(st.integers(1, 1999).map(lambda tenths: tenths / 10), min_size=1, max_size=3)
COMMON = {
    "present": st.just(True),
    "size": maybe(module.SizeWord),
    "size_mm": st.none() | DIAMETERS.map(tuple),
    "count": st.none() | st.integers(1, module.MAX_COUNT),
    "vertical": maybe(module.Level),
    "horizontal": maybe(module.Horizontal),
    "laterality": maybe(module.Laterality),
}
NODULES = st.fixed_dictionaries(
    COMMON
    | {
        "composition": maybe(module.Composition),
        "echogenicity": maybe(module.Echogenicity),
        "margin": maybe(module.Margin),
        "shape": maybe(module.Orientation),
        "foci": st.none()
        | st.sampled_from([("none",), ("unspecified",)])
        | st.lists(st.sampled_from(KINDS), unique=True, min_size=1).map(tuple),
        "relative_size": maybe(module.RelativeSize),
        "relative_depth": maybe(module.RelativeDepth),
        "side": maybe(module.Side),
        "pole": maybe(module.Level),
    }
).map(Descriptors.model_validate)
LEVELS_OF_LUNGS = st.just(["all"]) | st.lists(st.sampled_from(["upper", "middle", "lower"]))
LUNGS = st.builds(LungArea, side=st.sampled_from(["left", "right"]), levels=LEVELS_OF_LUNGS)
INFECTIONS = st.fixed_dictionaries(
    COMMON
    | {
        "target": st.just("infection"),
        "areas": st.lists(LUNGS, min_size=1, max_size=4, unique=True).map(tuple),
    }
).map(Descriptors.model_validate)


@given(NODULES | INFECTIONS, st.integers(0, 200))
def test_a_full_prompt_is_read_back(said: Descriptors, variant: int) -> None:
    text = prompt(said, "full", variant)
    understood = parse_report(text)
    assert understood.descriptors == said, text
    assert understood.conflicts == ()
    assert understood.not_understood == ()


@given(NODULES, st.sampled_from(LEVELS), st.integers(0, 50))
def test_lower_levels_tell_a_part(said: Descriptors, level: Level, variant: int) -> None:
    told = parse_report(prompt(said, level, variant)).descriptors
    assert set(told.told()) <= set(said.told())
    assert all(getattr(told, name) == getattr(said, name) for name in told.told())


SAID = Descriptors(
    present=True, composition="solid", echogenicity="hypoechoic", margin="spiculated",
    shape="taller than wide", foci=("punctate",), size="small", size_mm=(12.0, 8.5), count=1,
    side="left", pole="upper", vertical="upper", horizontal="right",
)  # fmt: skip


@pytest.mark.parametrize(
    ("level", "text"),
    [
        ("fixed", "thyroid nodule"),
        ("brief", "small solid, hypoechoic thyroid nodule"),
        ("attributes", "solid, hypoechoic, taller-than-wide thyroid nodule with spiculated margin "
                       "and punctate echogenic foci"),
        ("place", "one small thyroid nodule in the upper pole of the left lobe, in the right upper "
                  "part"),
        ("full", "one small solid, hypoechoic, taller-than-wide thyroid nodule with spiculated "
                 "margin and punctate echogenic foci in the upper pole of the left lobe, in the "
                 "right upper part, 12 x 8.5 mm"),
    ],
)  # fmt: skip
def test_levels(level: Level, text: str) -> None:
    assert prompt(SAID, level) == text


def test_variants_differ_and_repeat() -> None:
    texts = [prompt(SAID, "full", variant) for variant in range(40)]
    assert len(set(texts)) > 20
    assert texts == [prompt(SAID, "full", variant) for variant in range(40)]


def test_lungs_are_told_as_in_their_sets() -> None:
    said = Descriptors(
        present=True, target="infection", laterality="bilateral", count=2,
        areas=(LungArea(side="left", levels=("upper",)), LungArea(side="right", levels=("all",))),
    )  # fmt: skip
    assert prompt(said) == (
        "bilateral pulmonary infection, two infected areas, upper left lung and all right lung"
    )
    assert prompt(said, "fixed") == "pulmonary infection"


@pytest.mark.parametrize("variant", range(8))
def test_nothing_there_and_nothing_known(variant: int) -> None:
    nothing = Descriptors(present=False)
    assert parse_report(prompt(nothing, "full", variant)).descriptors == nothing
    lungs = Descriptors(present=False, target="infection")
    assert parse_report(prompt(lungs, "full", variant)).descriptors == lungs
    assert prompt(Descriptors(), "full", variant) == FIXED
    assert prompt(Descriptors(size_mm=(3.0,)), "brief", variant) == FIXED


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(BadData, match="choose from fixed"):
        prompt(SAID, "everything")  # type: ignore[arg-type]
    with pytest.raises(BadData, match="variant"):
        prompt(SAID, "full", -1)
