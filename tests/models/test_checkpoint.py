from __future__ import annotations

from pathlib import Path

import pytest
import torch

from nodulens.errors import BadData
from nodulens.models.checkpoint import load_network, save_network, start_from
from nodulens.models.registry import create_model

pytestmark = pytest.mark.train

OPTIONS = {"labels": 3, "pretrained": False}


def test_a_folder_without_a_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="no finished training"):
        load_network(tmp_path)
    with pytest.raises(BadData, match="to start from"):
        start_from(create_model("resnet18", **OPTIONS), tmp_path)


def test_a_start_takes_what_fits_and_says_what_does_not(tmp_path: Path) -> None:
    source = create_model("resnet18", **OPTIONS)
    save_network(tmp_path, source, "resnet18", OPTIONS)
    target = create_model("resnet18", labels=7)
    copied, own = start_from(target, tmp_path)
    assert own == ["network.fc.bias", "network.fc.weight"]
    assert copied == len(source.state_dict()) - 2
    key = "network.layer1.0.conv1.weight"
    assert torch.equal(target.state_dict()[key], source.state_dict()[key])


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save_network(tmp_path, create_model("resnet18", **OPTIONS), "resnet18", OPTIONS)
    with pytest.raises(BadData, match="none of its weights fits"):
        start_from(create_model("unet", pretrained=False), tmp_path)


def test_a_reloaded_network_does_not_ask_for_pretrained_weights(tmp_path: Path) -> None:
    network = create_model("unet", pretrained=False)
    save_network(tmp_path, network, "unet", {"pretrained": True})
    assert '"pretrained": false' in (tmp_path / "network.json").read_text()
    load_network(tmp_path)
