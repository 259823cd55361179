from __future__ import annotations

import pytest

from nodulens.errors import NodulensError
from nodulens.models.registry import create_model, default_config, list_models

pytestmark = pytest.mark.train


def test_lists_by_task() -> None:
    assert "unet" in list_models("segmentation")
    assert "unet" not in list_models("classification")
    assert set(list_models()) >= {"unet", "resnet18"}


def test_a_wrong_name_answers_with_the_nearest() -> None:
    with pytest.raises(NodulensError, match="did you mean unet"):
        create_model("unett")
    with pytest.raises(NodulensError, match="resnet18"):
        default_config("resnet")


def test_a_wrong_option_is_named() -> None:
    with pytest.raises(NodulensError, match="encodr"):
        create_model("unet", encodr="efficientnet_lite0")
