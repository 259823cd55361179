from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import timm
import torch
from torch import Tensor, nn

from nodulens.errors import BadData
from nodulens.models.parameters import count_parameters
from nodulens.models.registry import create_model
from nodulens.models.transunet import HYBRID, TransUNet
from tests.models.contract import SegmentationContract

pytestmark = pytest.mark.train

TINY: dict[str, Any] = {
    "width": 48,
    "depth": 2,
    "heads": 3,
    "decoder": (32, 32, 16, 16, 8),
    "size": (64, 64),
}


class TestTransUNet(SegmentationContract):
    name = "transunet"
    options = TINY


class TestSmallTransUNet(SegmentationContract):
    name = "transunet-small"
    options: ClassVar[dict[str, Any]] = TINY | {"pretrained": False}


def test_the_published_network_has_its_published_size() -> None:
    with torch.device("meta"):
        network = create_model("transunet")
    assert count_parameters(network)["trainable"] / 1e6 == pytest.approx(105.28, abs=0.01)


def test_the_small_one_starts_from_imagenet() -> None:
    first = create_model("transunet-small", **TINY).state_dict()
    second = create_model("transunet-small", **TINY).state_dict()
    random = create_model("transunet-small", **TINY, pretrained=False).state_dict()
    keys = [key for key in first if key.startswith("encoder.") and key.endswith("conv.weight")]
    last = max(
        key for key in first if key.startswith("encoder.model.blocks") and "conv_pwl.w" in key
    )
    for key in [*keys, last]:
        assert torch.equal(first[key], second[key])
        assert not torch.equal(first[key], random[key])


def test_places_are_told_apart_and_stretch_with_the_picture() -> None:
    torch.manual_seed(0)
    network = create_model("transunet", **TINY).eval()
    assert isinstance(network, TransUNet)
    same = torch.zeros(1, 48, 4, 4)
    with torch.no_grad():
        flat = network._transform(same)
        network.position[..., 0] = 3.0  # the left column is another place
        left = network._transform(same)
        wide = network._transform(torch.zeros(1, 48, 4, 8))
    assert flat.std(dim=(2, 3)).amax() < 1e-5
    assert not torch.allclose(left[..., 0], left[..., 3])
    assert wide.shape == (1, 48, 4, 8)
    assert not torch.allclose(wide[..., 0], wide[..., 7])


ATTENTION = "MultiHeadDotProductAttention_1"
NAMES = {
    r"^cls_token": "cls",
    r"^pos_embed": "Transformer/posembed_input/pos_embedding",
    r"^norm/": "Transformer/encoder_norm/",
    r"^patch_embed\.proj": "embedding",
    r"^patch_embed\.backbone\.stem\.conv": "conv_root",
    r"^patch_embed\.backbone\.stem\.norm": "gn_root",
    r"^patch_embed\.backbone\.stages\.(\d)\.blocks\.(\d)\.": (
        lambda found: f"block{int(found[1]) + 1}/unit{int(found[2]) + 1}/"
    ),
    r"downsample\.conv": "conv_proj",
    r"downsample\.norm": "gn_proj",
    r"unit(\d)/norm": r"unit\1/gn",
    r"^blocks\.(\d)\.": r"Transformer/encoderblock_\1/",
    r"/norm1": "/LayerNorm_0",
    r"/norm2": "/LayerNorm_2",
    r"/mlp\.fc1": "/MlpBlock_3/Dense_0",
    r"/mlp\.fc2": "/MlpBlock_3/Dense_1",
}
"""What the published archive calls each of timm's layers."""


@pytest.fixture(scope="module")
def hybrid() -> nn.Module:
    torch.manual_seed(3)
    network = timm.create_model(HYBRID, num_classes=0, embed_dim=48, depth=2, num_heads=3)
    for parameter in network.parameters():
        nn.init.normal_(parameter, 0.3, 0.2)
    return network


def _assert_started(network: nn.Module, hybrid: nn.Module) -> None:
    own, source = network.state_dict(), hybrid.state_dict()
    for ours, theirs in (
        ("encoder.network.stem.conv.weight", "patch_embed.backbone.stem.conv.weight"),
        (
            "encoder.network.stages.2.blocks.8.norm3.bias",
            "patch_embed.backbone.stages.2.blocks.8.norm3.bias",
        ),
        (
            "encoder.network.stages.1.blocks.0.downsample.norm.weight",
            "patch_embed.backbone.stages.1.blocks.0.downsample.norm.weight",
        ),
        ("project.weight", "patch_embed.proj.weight"),
        ("blocks.1.attn.qkv.bias", "blocks.1.attn.qkv.bias"),
        ("norm.weight", "norm.weight"),
    ):
        torch.testing.assert_close(own[ours], source[theirs])
    # Of 197 places the first is the class token's; the rest go row by row.
    assert own["position"].shape == (1, 48, 14, 14)
    torch.testing.assert_close(own["position"][0, :, 2, 3], source["pos_embed"][0, 1 + 2 * 14 + 3])


def test_starts_from_a_file_of_timm(hybrid: nn.Module, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    path = tmp_path / "hybrid.safetensors"
    save_file(hybrid.state_dict(), path)
    network = create_model("transunet", **TINY | {"size": (224, 224)}, pretrained=str(path))
    _assert_started(network, hybrid)
    other = create_model("transunet", **TINY | {"size": (96, 64)}, pretrained=str(path))
    assert other.position.shape == (1, 48, 6, 4)


def test_starts_from_the_published_archive(hybrid: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "R50+ViT-B_16.npz"
    np.savez(path, **_as_published(hybrid))
    network = create_model("transunet", **TINY | {"size": (224, 224)}, pretrained=str(path))
    _assert_started(network, hybrid)
    own, source = network.state_dict(), hybrid.state_dict()
    for key in ("blocks.0.attn.proj.weight", "blocks.1.attn.qkv.weight", "blocks.1.mlp.fc2.weight"):
        torch.testing.assert_close(own[key], source[key])


def test_refuses_other_files(hybrid: nn.Module, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    with pytest.raises(BadData, match="no such file"):
        create_model("transunet", **TINY, pretrained=str(tmp_path / "none.safetensors"))
    path = tmp_path / "wide.safetensors"
    save_file(hybrid.state_dict(), path)
    with pytest.raises(BadData, match="of another shape"):
        create_model("transunet", **TINY | {"width": 96}, pretrained=str(path))
    path = tmp_path / "other.npz"
    np.savez(path, nothing=np.zeros(3))
    with pytest.raises(BadData, match=r"other\.npz: not the weights of R50"):
        create_model("transunet", **TINY, pretrained=str(path))


def _as_published(hybrid: nn.Module) -> dict[str, np.ndarray[Any, Any]]:
    """Name a hybrid network's weights as the published archive does, channels last."""
    result: dict[str, Tensor] = {}
    for key, value in hybrid.state_dict().items():
        if key.endswith(("cls_token", "pos_embed")):
            layer, found = key, value
        else:
            layer, _, kind = key.rpartition(".")
            found = value.permute(2, 3, 1, 0) if value.ndim == 4 else value.t()
            layer += "/" + ("bias" if kind == "bias" else "scale" if value.ndim == 1 else "kernel")
        for pattern, name in NAMES.items():
            layer = re.sub(pattern, name, layer)
        if "attn.qkv" in layer:
            for name, part in zip(("query", "key", "value"), found.chunk(3, -1), strict=True):
                place = layer.replace("attn.qkv", f"{ATTENTION}/{name}")
                result[place] = part.reshape(*part.shape[:-1], 3, 16)
        elif "attn.proj" in layer:
            shape = (3, 16, 48) if found.ndim == 2 else (48,)
            result[layer.replace("attn.proj", f"{ATTENTION}/out")] = found.reshape(shape)
        else:
            result[layer] = found
    return {key: value.numpy() for key, value in result.items()}
