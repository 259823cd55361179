from __future__ import annotations

import pytest
import timm
import torch

from nodulens.errors import NodulensError
from nodulens.models import imagenet

pytestmark = pytest.mark.train


def test_every_tensor_of_the_encoder_comes_from_the_package() -> None:
    encoder = timm.create_model("efficientnet_lite0", features_only=True)
    before = {k: v.clone() for k, v in encoder.state_dict().items()}
    imagenet.load_efficientnet_lite(encoder, "efficientnet_lite0")
    unchanged = [k for k, v in encoder.state_dict().items() if torch.equal(v, before[k])]
    # Counters of an untrained and of a converted network are both zero.
    assert [k for k in unchanged if not k.endswith("num_batches_tracked")] == []


def test_the_weights_know_a_picture_from_noise() -> None:
    # Trained filters answer smooth structure and noise in different proportion at depth.
    encoder = timm.create_model("efficientnet_lite0", features_only=True)
    imagenet.load_efficientnet_lite(encoder, "efficientnet_lite0")
    encoder.eval()
    rows = torch.linspace(-1, 1, 128).view(1, 1, 128, 1)
    disc = ((rows**2 + rows.transpose(2, 3) ** 2) < 0.3).float().expand(1, 3, -1, -1) * 2 - 1
    with torch.no_grad():
        deep = encoder(disc)[-1]
    assert torch.isfinite(deep).all()
    assert 0.01 < deep.std() < 10


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(imagenet.PACKAGES, "efficientnet_lite0", ("no_such_package", "Nothing"))
    encoder = timm.create_model("efficientnet_lite0", features_only=True)
    with pytest.raises(NodulensError, match="install it, or train with"):
        imagenet.load_efficientnet_lite(encoder, "efficientnet_lite0")
