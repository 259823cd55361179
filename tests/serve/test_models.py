from __future__ import annotations

import pytest
from pydantic import ValidationError

from nodulens.serve.models import Asked, Change, Refine, UserAttributes, plain


def test_unknown_fields_are_slips() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Asked.model_validate({"segmentor": "x"})


@pytest.mark.parametrize(
    "change",
    [
        {"action": "outline", "nodule": 1},
        {"action": "outline", "nodule": 1, "mask": "x", "rings": [[[0, 0], [1, 0], [1, 1]]]},
        {"action": "add", "rings": [[[0, 0], [1, float("nan")], [1, 1]]]},
        {"action": "add", "rings": [[[0, 0], [1, 1e9], [1, 1]]]},
        {"action": "restore", "version": -1},
        {"action": "judge", "nodule": 1, "verdict": "maybe"},
    ],
)
def test_changes_must_be_whole(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Change.model_validate({"base": 0, "change": change})


def test_foci_are_each_kind_once_or_none_alone() -> None:
    assert UserAttributes(foci=["none"]).foci == ["none"]
    for foci in (["none", "punctate"], ["punctate", "punctate"], []):
        with pytest.raises(ValidationError):
            UserAttributes.model_validate({"foci": foci})


def test_refining_begins_somewhere() -> None:
    with pytest.raises(ValidationError, match="nodule or rings"):
        Refine(operation="smooth")
    with pytest.raises(ValidationError, match="positive or a negative"):
        Refine(operation="clicks", nodule=1)
    assert plain(Refine(operation="fill", nodule=1))["radius"] == 3.0
