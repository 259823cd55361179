from __future__ import annotations

from pathlib import Path

import pytest

from nodulens.errors import BadData, NodulensError
from nodulens.models.backbones.lite import Lite
from nodulens.models.backbones.loading import load_backbone

pytestmark = pytest.mark.train


def test_lite_is_found_by_name() -> None:
    backbone = load_backbone("lite")
    assert isinstance(backbone, Lite)
    assert backbone.name == "lite"


def test_what_follows_lite_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=f"{tmp_path}: no finished training"):
        load_backbone(f"lite:{tmp_path}")


@pytest.mark.parametrize("name", ["light", "lit", "lite:"])
def test_a_wrong_name_is_answered_with_the_nearest_right_one(name: str) -> None:
    with pytest.raises(NodulensError, match=f"no backbone is called '{name}'; did you mean lite"):
        load_backbone(name)


def test_a_strange_name_is_answered_with_all_forms() -> None:
    with pytest.raises(
        NodulensError, match=r"did you mean lite or .* or open_clip:local-dir:FOLDER"
    ):
        load_backbone("xyzzy")


def test_the_rest_of_open_clips_names_is_open_clips() -> None:
    with pytest.raises(NodulensError, match="open_clip has no model 'ViT-Z'"):
        load_backbone("open_clip:ViT-Z/openai")
    with pytest.raises(NodulensError, match="did you mean open_clip:"):
        load_backbone("openclip:ViT-B-16/openai")
