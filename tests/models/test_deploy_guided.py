from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from nodulens.models.clip_tnseg import clip_tnseg
from nodulens.models.deploy_guided import DeployedGuided, GuidedModel
from nodulens.models.registry import default_config
from nodulens.runtime.odds import log_odds
from nodulens.text.sides import swap_sides
from tests.models.fake_backbone import FakeBackbone, read

pytestmark = pytest.mark.train


def model(
    *,
    mirror: bool,
    attributes: dict[str, list[str]] | None = None,
    reach: float | None = None,
) -> GuidedModel:
    torch.manual_seed(0)
    network = clip_tnseg(backbone=FakeBackbone(), width=4, attributes=attributes)
    return GuidedModel(
        DeployedGuided(network, default_config("clip-tnseg")), (64, 96), mirror=mirror, reach=reach
    )


def view(height: int = 50, width: int = 90) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (height, width), np.uint8)


def test_answers_have_the_view_s_size_and_follow_the_words() -> None:
    asked = model(mirror=False)
    (none,) = asked([view()])
    (left,) = asked([view()], "left upper")
    (right,) = asked([view()], "right lower")
    assert none.shape == (50, 90)
    assert none.dtype == np.float32
    assert 0 <= none.min() <= none.max() <= 1
    assert not np.allclose(none, left)
    assert not np.allclose(left, right)
    np.testing.assert_array_equal(asked([view()], "")[0], none)


def test_the_mirror_image_is_told_the_other_side() -> None:
    asked = model(mirror=True)
    (answer,) = asked([view()], "left upper")
    (other,) = asked([np.ascontiguousarray(view()[:, ::-1])], swap_sides("left upper"))
    np.testing.assert_allclose(answer, other[:, ::-1], atol=1e-5)


def test_a_picture_asked_with_several_texts_is_looked_at_once() -> None:
    asked = model(mirror=False)
    backbone = asked.network.backbone
    assert isinstance(backbone, FakeBackbone)
    for text in (None, "left", "right", "left"):
        asked([view()], text)
    assert backbone.looked == 1


def test_words_move_the_answer_no_farther_than_their_reach() -> None:
    picture = np.ascontiguousarray(view(64, 96))  # of the network's size: nothing is resampled
    (none,), (free,) = model(mirror=True)([picture]), model(mirror=True)([picture], "left")
    moved = np.abs(log_odds(free) - log_odds(none))
    reach = float(np.median(moved))
    (held,) = model(mirror=True, reach=reach)([picture], "left")
    assert np.abs(log_odds(held) - log_odds(none)).max() <= reach + 1e-3
    np.testing.assert_allclose(held[moved < reach], free[moved < reach], atol=1e-5)
    np.testing.assert_array_equal(model(mirror=True, reach=reach)([picture])[0], none)


def test_attributes_are_named_where_there_are_heads() -> None:
    assert model(mirror=False).attributes(view(), np.zeros((50, 90), np.float32)) == {}
    asked = model(mirror=False, attributes={"margin": ["smooth", "spiculated"]})
    (probability,) = asked([view()])
    assert asked.attributes(view(), probability)["margin"] in ("smooth", "spiculated")


def test_what_is_exported_says_the_same() -> None:
    asked = model(mirror=False)
    pixels = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (1, 1, 64, 96), np.uint8))
    text = read(asked.network, ["left upper"])
    with torch.inference_mode():
        probability = asked.module(pixels, text.tokens, text.mask, text.pooled)
    (expected,) = asked([pixels[0, 0].numpy()], "left upper")
    np.testing.assert_allclose(probability[0, 0].numpy(), expected, atol=1e-3)
