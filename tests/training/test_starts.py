from __future__ import annotations

import json
from pathlib import Path

import pytest

from nodulens.errors import BadData
from nodulens.training.recipe import Recipe, read_recipe
from nodulens.training.starts import starts_of

pytestmark = pytest.mark.train


def recipe(name: str, *settings: str) -> Recipe:
    found = read_recipe(name, settings)
    assert isinstance(found, Recipe)
    return found


def test_starts_are_followed_back_to_the_first(tmp_path: Path) -> None:
    start = tmp_path / "start"
    start.mkdir()
    (start / "run.json").write_text(
        json.dumps({"recipe": recipe("resnet18-start").model_dump(mode="json")})
    )
    notes = starts_of(recipe("resnet18-linear", f"network.start_from={start}"))
    assert notes[0].startswith("Started from a run of resnet18-start")
    assert "The features of efficientnet_lite0 were learned" in notes[1]
    assert "Apache-2.0" in notes[1]


def test_pretrained_weights_are_named_with_their_terms() -> None:
    (note,) = starts_of(recipe("unet-lite0"))
    assert "EfficientNet-Lite" in note
    assert starts_of(recipe("unet-lite0", "network.options.pretrained=false")) == []


def test_words_come_through_an_encoder_of_others() -> None:
    notes = starts_of(recipe("tgc-net-lite"))
    assert any("sentence encoder under" in note for note in notes)
    assert any("Sees through a frozen encoder" in note for note in notes)


def test_a_start_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="is gone"):
        starts_of(recipe("resnet18-linear", f"network.start_from={tmp_path / 'lost'}"))
