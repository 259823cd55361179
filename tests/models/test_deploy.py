from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from nodulens.models.deploy import DeployedClassifier, DeployedSegmenter, TorchModel
from nodulens.models.registry import default_config

pytestmark = pytest.mark.train


class Brightness(nn.Module):
    """Logit is the normalised grey value, plus a ramp that knows left from right."""

    def __init__(self, ramp: float = 0.0) -> None:
        super().__init__()
        self.ramp = ramp

    def forward(self, image: Tensor, text: object = None) -> Tensor:
        x = torch.linspace(-1, 1, image.shape[-1])
        return image[:, :1] + self.ramp * x


class MeanBrightness(nn.Module):
    def forward(self, image: Tensor, text: object = None) -> Tensor:
        mean = image.mean((1, 2, 3))
        return torch.stack([-mean, mean, torch.full_like(mean, 100)], 1)


def test_probability_of_grey_values() -> None:
    module = DeployedSegmenter(Brightness(), default_config("unet"), flip=False)
    black, white = module(torch.tensor([0, 255], dtype=torch.uint8).view(1, 1, 1, 2)).flatten()
    assert black == pytest.approx(1 / (1 + np.e))
    assert white == pytest.approx(np.e / (1 + np.e))


def test_flipping_makes_the_answer_symmetric() -> None:
    pixels = torch.randint(0, 255, (2, 1, 6, 8), dtype=torch.uint8)
    config = default_config("unet")
    plain = DeployedSegmenter(Brightness(3.0), config, flip=False)
    flipped = DeployedSegmenter(Brightness(3.0), config, flip=True)
    torch.testing.assert_close(flipped(pixels.flip(-1)), flipped(pixels).flip(-1))
    assert not torch.allclose(plain(pixels.flip(-1)), plain(pixels).flip(-1))


def test_only_the_labels_share_the_probability_and_heat_flattens_it() -> None:
    config = default_config("resnet18")
    pixels = torch.full((1, 1, 4, 4), 255, dtype=torch.uint8)
    cold = DeployedClassifier(MeanBrightness(), config, flip=True, labels=2)(pixels)
    hot = DeployedClassifier(MeanBrightness(), config, flip=True, labels=2, temperature=10.0)(
        pixels
    )
    assert cold.shape == (1, 2)
    assert cold.sum() == pytest.approx(1)
    assert cold[0, 1] > hot[0, 1] > 0.5


def test_the_share_of_a_label_is_put_back_after_the_heat() -> None:
    grey = torch.full((1, 1, 4, 4), 124, dtype=torch.uint8)
    module = DeployedClassifier(
        MeanBrightness(),
        default_config("resnet18"),
        flip=False,
        labels=2,
        temperature=50.0,
        shares=[0.2, 0.8],
    )
    # Hardly any evidence is left at this heat; the share stays.
    assert module(grey)[0, 1] == pytest.approx(0.8, abs=0.01)


def test_views_come_back_at_their_own_size() -> None:
    model = TorchModel(DeployedSegmenter(Brightness(), default_config("unet"), flip=True), (32, 48))
    views = [np.full((20, 50), 200, np.uint8), np.full((70, 31), 30, np.uint8)]
    answers = model.segment(views)
    assert [answer.shape for answer in answers] == [(20, 50), (70, 31)]
    assert answers[0].min() > 0.5 > answers[1].max()
