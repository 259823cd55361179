from __future__ import annotations

from typing import get_args

import pytest
from pydantic import ValidationError

from nodulens.data.phantom import phantom
from nodulens.text import descriptors as module
from nodulens.text.descriptors import Descriptors, LungArea
from nodulens.text.lexicon import lexicon


@pytest.mark.parametrize(
    ("name", "literal"),
    [
        ("composition", module.Composition), ("echogenicity", module.Echogenicity),
        ("margin", module.Margin), ("shape", module.Orientation), ("size", module.SizeWord),
        ("side", module.Side), ("pole", module.Level), ("vertical", module.Level),
        ("horizontal", module.Horizontal), ("laterality", module.Laterality),
        ("target", module.Target), ("relative_size", module.RelativeSize),
        ("relative_depth", module.RelativeDepth),
    ],
)  # fmt: skip
def test_values_are_the_lexicons(name: str, literal: object) -> None:
    assert set(get_args(literal)) == set(lexicon().values[name])


def test_foci_are_the_lexicons_and_none() -> None:
    assert set(get_args(module.Foci)) == set(lexicon().values["foci"]) | {"none"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"composition": "soild"},
        {"foci": ("none", "punctate")},
        {"foci": ()},
        {"foci": ("punctate", "punctate")},
        {"size_mm": (0.0,)},
        {"size_mm": (1.0, 2.0, 3.0, 4.0)},
        {"size_mm": (float("nan"),)},
        {"count": -1},
        {"present": False, "size": "small"},
        {"target": "infection", "composition": "solid"},
        {"areas": (LungArea(side="left"),)},
        {"colour": "grey"},
    ],
)
def test_nonsense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Descriptors.model_validate(wrong)


def test_they_are_values() -> None:
    one = Descriptors(composition="solid", size="small")
    assert one == Descriptors(size="small", composition="solid")
    assert len({one, Descriptors(composition="solid", size="small")}) == 1
    assert one.told() == ("composition", "size")
    assert Descriptors.model_validate_json(one.model_dump_json()) == one


def test_parts_are_taken_and_joined() -> None:
    label = Descriptors(present=True, composition="solid", size="small")
    place = Descriptors(size="large", horizontal="left")
    both = label.merged(place)
    assert both == Descriptors(present=True, composition="solid", size="large", horizontal="left")
    assert both.only("size") == Descriptors(present=True, size="large")


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (
            {"composition": "predominantly solid", "echogenicity": "isoechogenicity",
             "margin": "well defined smooth", "calcification": "microcalcification"},
            {"composition": "predominantly solid", "echogenicity": "isoechoic",
             "margin": "smooth", "foci": ("punctate",)},
        ),
        (
            {"composition": "dense", "echogenicity": "marked hypoechogenicity",
             "margin": "ill defined", "calcification": "none", "tirads": "4a", "age": "40"},
            {"composition": "dense", "echogenicity": "very hypoechoic", "margin": "ill-defined",
             "foci": ("none",)},
        ),
        (
            {"margin": "macrolobulated", "calcification": "macrocalcification"},
            {"margin": "macrolobulated", "foci": ("macrocalcification",)},
        ),
        ({"composition": "purple", "malignancy": "benign"}, {}),
    ],
)  # fmt: skip
def test_labels_of_data_sets_are_read(labels: dict[str, str], said: dict[str, object]) -> None:
    expected = Descriptors.model_validate(said | ({"present": True} if said else {}))
    assert Descriptors.from_labels(labels) == expected


@pytest.mark.parametrize("seed", range(12))
def test_labels_of_phantoms_are_values(seed: int) -> None:
    labels = phantom(seed, width=320, height=240).labels
    said = Descriptors.from_labels(labels)
    for label in ("composition", "echogenicity", "margin", "shape", "side"):
        assert getattr(said, label) == labels[label]
    assert said.foci == (labels["echogenic_foci"],)
