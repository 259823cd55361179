from __future__ import annotations

from typing import Any, ClassVar

import pytest
import torch

from nodulens.models.registry import create_model
from tests.models.contract import SegmentationContract

pytestmark = pytest.mark.train


class TestUnet(SegmentationContract):
    name = "unet"
    options: ClassVar[dict[str, Any]] = {"encoder": "efficientnet_lite0", "pretrained": False}


class TestUnetWithAnotherEncoder(SegmentationContract):
    name = "unet"
    options: ClassVar[dict[str, Any]] = {
        "encoder": "resnet10t",
        "pretrained": False,
        "decoder_channels": (32, 16, 16, 8, 8),
    }


def test_dropout_acts_in_training_only() -> None:
    torch.manual_seed(0)
    network = create_model("unet", encoder="resnet10t", pretrained=False, dropout=0.5)
    image = torch.rand(2, 3, 64, 64)
    network.eval()
    assert torch.equal(network(image), network(image))
    for layer in network.modules():
        if isinstance(layer, torch.nn.Dropout2d):
            layer.train()
    assert not torch.equal(network(image), network(image))


def test_imagenet_start_differs_from_a_random_one_and_repeats() -> None:
    first = create_model("unet", pretrained=True).state_dict()
    second = create_model("unet", pretrained=True).state_dict()
    random = create_model("unet", pretrained=False).state_dict()
    key = "network.encoder.model.conv_stem.weight"
    assert torch.equal(first[key], second[key])
    assert not torch.equal(first[key], random[key])
