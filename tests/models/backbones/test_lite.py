from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from nodulens.errors import BadData
from nodulens.models.backbones.contract import IMAGE_MEAN, IMAGE_STD
from nodulens.models.backbones.lite import Lite
from nodulens.models.checkpoint import NETWORK, load_network, save_network
from nodulens.models.registry import create_model
from tests.models.backbones.contract import BackboneContract

pytestmark = pytest.mark.train

OPTIONS = {"decoder_channels": (16, 16, 8, 8, 8), "pretrained": False}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    torch.manual_seed(0)
    network = create_model("unet", **OPTIONS)
    # A network that has seen something: untouched statistics could hide a wrong layer.
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 2)
    save_network(folder, network, "unet", OPTIONS)
    return folder


class TestLite(BackboneContract):
    limit = 256

    @pytest.fixture(scope="class")
    @classmethod
    def backbone(cls) -> Lite:
        return Lite()

    def test_its_pictures_are_imagenets(self, backbone: Lite) -> None:
        assert backbone.name == "lite"
        assert "Apache-2.0" in backbone.licence
        assert backbone.tower.conv_stem.weight.abs().max() > 0.5

    def test_pixels_arrive_as_the_tower_learned_them(self, backbone: Lite) -> None:
        pixels = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(2))
        mean, std = torch.tensor(IMAGE_MEAN).view(3, 1, 1), torch.tensor(IMAGE_STD).view(3, 1, 1)
        found = backbone.encode_image((pixels - mean) / std, (4,))
        with torch.no_grad():
            expected = backbone.tower((pixels - 0.5) / 0.5)[4]
        torch.testing.assert_close(found.maps[0], expected, rtol=1e-4, atol=1e-4)


class TestLiteOfARun(BackboneContract):
    limit = 256

    @pytest.fixture(scope="class")
    @classmethod
    def backbone(cls, run: Path) -> Lite:
        return Lite(run)

    def test_it_sees_what_the_runs_encoder_sees(self, backbone: Lite, run: Path) -> None:
        network = load_network(run)
        for layer in network.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.eps = 1e-3
        pixels = torch.rand(1, 3, 61, 75, generator=torch.Generator().manual_seed(2))
        mean, std = torch.tensor(IMAGE_MEAN).view(3, 1, 1), torch.tensor(IMAGE_STD).view(3, 1, 1)
        found = backbone.encode_image((pixels - mean) / std, (1, 2, 3, 4))
        padded = F.pad((pixels - 0.5) / 0.5, (0, 96 - 75, 0, 64 - 61))
        with torch.no_grad():
            expected = network.network.encoder(padded)[2:]
        for one, other in zip(found.maps, expected, strict=True):
            other = other[..., : one.shape[2], : one.shape[3]]
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)

    def test_it_knows_what_the_run_outlines(self, backbone: Lite, run: Path) -> None:
        """From its decoder's map, the rest of the run's decoder gives the run's own logits."""
        network = load_network(run).network
        for layer in network.encoder.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.eps = 1e-3
        assert backbone.widths((5,)) == (8,)
        assert backbone.strides((5,)) == (4,)
        pixels = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(2))
        mean, std = torch.tensor(IMAGE_MEAN).view(3, 1, 1), torch.tensor(IMAGE_STD).view(3, 1, 1)
        (found,) = backbone.encode_image((pixels - mean) / std, (5,)).maps
        with torch.no_grad():
            maps = network.encoder((pixels - 0.5) / 0.5)
            x = network.decoder.blocks[3](found, 32, 48, skip_connection=maps[1])
            x = network.decoder.blocks[4](x, 64, 96)
            expected = network((pixels - 0.5) / 0.5)
            torch.testing.assert_close(network.segmentation_head(x), expected, rtol=1e-3, atol=1e-3)

    def test_identity_follows_the_weights(self, backbone: Lite, run: Path, tmp_path: Path) -> None:
        assert Lite(run).identity == backbone.identity
        network = load_network(run)
        with torch.no_grad():
            network.network.encoder.model.conv_stem.weight[0, 0, 0, 0] += 1e-4
        save_network(tmp_path, network, "unet", OPTIONS)
        assert Lite(tmp_path).identity != backbone.identity


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"no finished training.*lite:FOLDER"):
        Lite(tmp_path)


def test_runs_of_other_networks_are_refused(tmp_path: Path, run: Path) -> None:
    network = create_model("resnet18", labels=1, pretrained=False)
    save_network(tmp_path, network, "resnet18", {"labels": 1})
    with pytest.raises(BadData, match=r"holds network 'resnet18'.*takes a run of network 'unet'"):
        Lite(tmp_path)
    description = json.loads((run / NETWORK).read_text()) | {"name": "unet"}
    (tmp_path / NETWORK).write_text(json.dumps(description))
    with pytest.raises(BadData, match="not the weights of its network"):
        Lite(tmp_path)
    description["options"]["encoder"] = "resnet34"
    (tmp_path / NETWORK).write_text(json.dumps(description))
    with pytest.raises(BadData, match="with encoder 'resnet34'"):
        Lite(tmp_path)
