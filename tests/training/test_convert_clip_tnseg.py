from __future__ import annotations

import json
import sys
import types
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from typer.testing import CliRunner

from nodulens.cli import app
from nodulens.errors import BadData
from nodulens.models.backbones.contract import ImageFeatures, TextFeatures
from nodulens.models.checkpoint import load_network
from nodulens.models.clip_tnseg import ClipTnseg
from nodulens.training.convert import convert
from nodulens.training.run import load_run
from tests.models.fake_backbone import FakeBackbone, read

pytestmark = pytest.mark.train


class FakeVit(FakeBackbone):
    """Of the widths of a ViT-B/16, without being one."""

    positional = True

    def __init__(self, name: str) -> None:
        super().__init__(name, strides=(16,) * 12)
        self.pooled_width = 512

    def widths(self, depths: Sequence[int]) -> tuple[int, ...]:
        return (768,) * len(depths)

    def encode_image(self, image: Tensor, depths: Sequence[int]) -> ImageFeatures:
        found = super().encode_image(image, depths)
        wide = [F.interpolate(part.flatten(2).mT, 768).mT for part in found.maps]
        maps = tuple(
            part.view(len(part), 768, *old.shape[2:])
            for part, old in zip(wide, found.maps, strict=True)
        )
        return ImageFeatures(maps, tuple(part.amax((2, 3)) for part in maps))

    def encode_text(self, texts: Sequence[str]) -> TextFeatures:
        found = super().encode_text(texts)
        return found._replace(pooled=F.interpolate(found.pooled[None], 512)[0] * 5)


@pytest.fixture(autouse=True)
def fake_vit(monkeypatch: pytest.MonkeyPatch) -> None:
    loading = types.ModuleType("nodulens.models.backbones.loading")
    loading.load_backbone = FakeVit  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, loading.__name__, loading)


class Block(nn.Module):
    """The published residual block, in the reference's names."""

    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        act = nn.SiLU
        self.in_layers = nn.Sequential(nn.GroupNorm(32, i), act(), nn.Conv2d(i, o, 3, 1, 1))
        self.out_layers = nn.Sequential(nn.GroupNorm(32, o), act(), nn.Conv2d(o, o, 3, 1, 1))
        if i != o:
            self.skip = nn.Conv2d(i, o, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.out_layers(self.in_layers(x))
        return y + (self.skip(x) if hasattr(self, "skip") else x)


class Coarse(nn.Module):
    """The published coarse branch: sequence first, and with a layer that it never uses."""

    def __init__(self) -> None:
        super().__init__()
        self.film_mul, self.film_add = nn.Linear(512, 64), nn.Linear(512, 64)
        self.reduce = nn.Linear(768, 64)
        self.reduces = nn.ModuleList([nn.Linear(768, 64) for _ in range(3)])
        self.blocks = nn.ModuleList([nn.TransformerEncoderLayer(64, 4) for _ in range(3)])
        self.trans_conv = nn.ConvTranspose2d(64, 64, 16, 16)

    def forward(self, tokens: list[Tensor], condition: Tensor) -> Tensor:
        a = self.reduces[0](tokens[0])
        a = self.blocks[0](self.film_mul(condition) * a + self.film_add(condition))
        a = self.blocks[1](self.reduces[1](tokens[1]) + a)
        a = self.blocks[2](self.reduces[2](tokens[2]) + a)
        side = round((len(a) - 1) ** 0.5)
        return self.trans_conv(a[1:].permute(1, 2, 0).reshape(a.shape[1], 64, side, side))


# In and out channels of each residual block; "down" and "up" stand for the convolutions between.
DOWN = [
    (32, 32), (32, 32), "down", (32, 32), (32, 32), "down", (32, 64), (64, 64), "down",
    (64, 64), (64, 64), "down", (64, 128), (128, 128), "down", (128, 128), (128, 128),
]  # fmt: skip
STORED = [32, 32, 32, 32, 32, 32, 32, 64, 64, 64, 64, 64, 64, 128, 128, 128, 128, 128]
UP = [128, 128, 128, 128, 128, 128, 64, 64, 64, 64, 64, 64, 32, 32, 32, 32, 32, 32]


class Fine(nn.Module):
    """The published fine branch, level by level."""

    def __init__(self) -> None:
        super().__init__()
        self.enc_blocks = nn.ModuleList([nn.Conv2d(3, 32, 3, 1, 1)])
        channels = 32
        for step in DOWN:
            if isinstance(step, str):
                layer: nn.Module = nn.Conv2d(channels, channels, 3, 2, 1)
            else:
                layer, channels = Block(*step), step[1]
            self.enc_blocks.append(nn.Sequential(layer))
        self.middle_block = nn.Sequential(Block(128, 128), Block(128, 128))
        self.dec_blocks = nn.ModuleList()
        for number, (stored, out) in enumerate(zip(reversed(STORED), UP, strict=True)):
            layers = nn.Sequential(Block(channels + stored, out))
            channels = out
            if number % 3 == 2 and number < 17:
                up = nn.Upsample(scale_factor=2, mode="nearest")
                layers.append(nn.Sequential(up, nn.Conv2d(out, out, 3, 1, 1)))
            self.dec_blocks.append(layers)

    def forward(self, x: Tensor) -> Tensor:
        kept = []
        for layer in self.enc_blocks:
            x = layer(x)
            kept.append(x)
        assert [part.shape[1] for part in kept] == STORED
        x = self.middle_block(x)
        for layer in self.dec_blocks:
            x = layer(torch.cat((x, kept.pop()), dim=1))
        return x


class Reference(nn.Module):
    """The published network given the tower's tokens, written for this test alone."""

    def __init__(self) -> None:
        super().__init__()
        self.CGB, self.FGB = Coarse(), Fine()
        self.PH = nn.Sequential(Block(96, 64), Block(64, 64), nn.Conv2d(64, 1, 1))

    def forward(self, image: Tensor, tokens: list[Tensor], condition: Tensor) -> Tensor:
        return self.PH(torch.cat((self.CGB(tokens, condition), self.FGB(image)), dim=1))


@pytest.fixture(scope="module")
def reference() -> Reference:
    torch.manual_seed(5)
    network = Reference().eval()
    for parameter in network.parameters():
        if parameter.ndim == 1:  # norms and biases start alike; a mix-up would stay unseen
            nn.init.normal_(parameter, 0.5, 0.3)
    return network


def as_file(reference: Reference) -> dict[str, Tensor]:
    """All that the reference's files hold: also the unused copy and parts of CLIP."""
    own = reference.state_dict()
    copy = {
        key.removeprefix("CGB."): torch.zeros_like(value)
        for key, value in own.items()
        if key.startswith("CGB.")
    }
    clip = {"clip_model.kernels.0": FakeVit("").state_dict()["kernels.0"], "model.logit": own[KEY]}
    return own | copy | clip


KEY = "FGB.enc_blocks.1.0.in_layers.0.weight"


@pytest.fixture(scope="module")
def checkpoint(reference: Reference, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reference") / "tnseg.pth"
    torch.save(as_file(reference), path)
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "ViT-B-16.pt"
    path.write_bytes(b"the fake tower never looks")
    return path


def test_logits_are_those_of_the_published_forward(
    reference: Reference, checkpoint: Path, clip: Path, tmp_path: Path
) -> None:
    convert("clip-tnseg", checkpoint, tmp_path / "run", clip=clip)
    network = load_network(tmp_path / "run")
    assert isinstance(network, ClipTnseg)
    assert network.depths == (9, 7, 3)
    image = torch.randn(2, 3, 64, 64)
    seen, text = network.look(image), read(network, ["left upper", "a large one"])
    tokens = [
        torch.cat([whole[:, :, None], part.flatten(2)], 2).permute(2, 0, 1)
        for part, whole in zip(seen.maps, seen.classes, strict=True)
    ]
    with torch.no_grad():
        expected = reference(image, tokens, text.pooled)
        found = network(image, text)
    assert found.std() > 0.05
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_the_run_can_be_opened_and_says_where_it_comes_from(
    checkpoint: Path, clip: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    result = convert("clip-tnseg", checkpoint, out, clip=clip)
    run = load_run(out)
    assert run.size == (352, 352)
    assert run.fold is None
    assert run.recipe.network.options["backbone"] == f"open_clip:ViT-B-16/{clip}"
    record = json.loads((out / "run.json").read_text())["converted"]
    assert record["used"] == result.used
    assert record["skipped"] == result.skipped
    used, skipped = set(result.used), {key for keys in result.skipped.values() for key in keys}
    assert used | skipped == torch.load(checkpoint, weights_only=True).keys()
    assert {"CGB.reduce.weight", "reduce.bias", "blocks.0.linear1.weight"} <= skipped
    assert {"clip_model.kernels.0", "model.logit"} <= skipped
    assert len(result.skipped) == 3
    with pytest.raises(BadData, match="holds a run already"):
        convert("clip-tnseg", checkpoint, out, clip=clip)


def test_the_command_lists_what_it_did(checkpoint: Path, clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    arguments = ["weights", "convert", "clip-tnseg", str(checkpoint), "--clip", str(clip)]
    result = CliRunner().invoke(app, [*arguments, "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "missed: none" in result.output
    assert "CGB.reduce.weight" in result.output
    assert (out / "model.safetensors").is_file()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({KEY: None}, f"{KEY} is missing"),
        ({"PH.2.weight": torch.zeros(1, 32, 1, 1)}, r"PH.2.weight is \(1, 32, 1, 1\), not"),
        ({"FGB.more": torch.zeros(1)}, "FGB.more is unknown"),
        ({KEY: torch.zeros(32, dtype=torch.int64)}, "not floating point"),
        ({"epoch": 3}, "epoch is no tensor"),
        ({"clip_model.kernels.0": torch.zeros(24, 3, 4, 4)}, "trained on another CLIP"),
    ],
)
def test_it_fails_rather_than_guess(
    reference: Reference,
    clip: Path,
    tmp_path: Path,
    change: dict[str, Tensor | int | None],
    message: str,
) -> None:
    content = {key: v for key, v in (as_file(reference) | change).items() if v is not None}
    torch.save(content, tmp_path / "wrong.pth")
    with pytest.raises(BadData, match=message):
        convert("clip-tnseg", tmp_path / "wrong.pth", tmp_path / "run", clip=clip)
    assert not (tmp_path / "run").exists()


def test_what_is_needed_is_asked_for(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(BadData, match="--clip"):
        convert("clip-tnseg", checkpoint, tmp_path / "run", clip=None)
    with pytest.raises(BadData, match=r"gone\.pt: no such file; give --clip"):
        convert("clip-tnseg", checkpoint, tmp_path / "run", clip=tmp_path / "gone.pt")
