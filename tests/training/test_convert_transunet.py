from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nodulens.errors import BadData
from nodulens.models.checkpoint import load_network
from nodulens.models.transunet import TransUNet
from nodulens.training.convert import convert
from nodulens.training.run import load_run

pytestmark = pytest.mark.train

WIDTH, HEADS, DEPTH, SIDE = 128, 2, 2, 64
DECODER = (48, 32, 16, 16, 8)


class StdConv(nn.Conv2d):
    """A convolution whose kernels have mean 0 and deviation 1."""

    def forward(self, x: Tensor) -> Tensor:
        spread, mean = torch.var_mean(self.weight, (1, 2, 3), unbiased=False, keepdim=True)
        kernel = (self.weight - mean) / (spread + 1e-5).sqrt()
        return F.conv2d(x, kernel, None, self.stride, self.padding)


def norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(32, channels, eps=1e-6)


class Unit(nn.Module):
    """A residual block in the reference's names."""

    def __init__(self, i: int, o: int, stride: int) -> None:
        super().__init__()
        self.gn1, self.gn2, self.gn3 = norm(o // 4), norm(o // 4), norm(o)
        self.conv1 = StdConv(i, o // 4, 1, bias=False)
        self.conv2 = StdConv(o // 4, o // 4, 3, stride, 1, bias=False)
        self.conv3 = StdConv(o // 4, o, 1, bias=False)
        if i != o:
            self.downsample = StdConv(i, o, 1, stride, bias=False)
            self.gn_proj = nn.GroupNorm(o, o)

    def forward(self, x: Tensor) -> Tensor:
        y = self.gn1(self.conv1(x)).relu()
        y = self.gn2(self.conv2(y)).relu()
        y = self.gn3(self.conv3(y))
        return (y + (self.gn_proj(self.downsample(x)) if hasattr(self, "downsample") else x)).relu()


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (
            part(x).unflatten(2, (HEADS, -1)).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        weights = (q @ k.mT / (WIDTH / HEADS) ** 0.5).softmax(-1)
        return self.out((weights @ v).transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(WIDTH, eps=1e-6)
        self.ffn_norm = nn.LayerNorm(WIDTH, eps=1e-6)
        self.attn = Attention()
        self.ffn = nn.Module()
        self.ffn.fc1, self.ffn.fc2 = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.attention_norm(x))
        hidden = F.gelu(self.ffn.fc1(self.ffn_norm(x)))  # type: ignore[operator]
        return x + self.ffn.fc2(hidden)  # type: ignore[operator, no-any-return]


def convolution(i: int, o: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU())


class Reference(nn.Module):
    """The published network, written for this test alone.

    Args:
        classes: of the head.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        body = []
        for number, (units, i, o) in enumerate([(3, 64, 256), (4, 256, 512), (9, 512, 1024)], 1):
            stage = [
                (f"unit{n}", Unit(i if n == 1 else o, o, 2 if n == 1 < number else 1))
                for n in range(1, units + 1)
            ]
            body.append((f"block{number}", nn.Sequential(OrderedDict(stage))))
        root = [
            ("conv", StdConv(3, 64, 7, 2, 3, bias=False)),
            ("gn", norm(64)),
            ("relu", nn.ReLU()),
        ]
        hybrid = nn.Module()
        hybrid.root, hybrid.body = (
            nn.Sequential(OrderedDict(root)),
            nn.Sequential(OrderedDict(body)),
        )
        embeddings = nn.Module()
        embeddings.hybrid_model = hybrid
        embeddings.patch_embeddings = nn.Conv2d(1024, WIDTH, 1)
        embeddings.position_embeddings = nn.Parameter(torch.zeros(1, (SIDE // 16) ** 2, WIDTH))
        encoder = nn.Module()
        encoder.layer = nn.ModuleList(Layer() for _ in range(DEPTH))
        encoder.encoder_norm = nn.LayerNorm(WIDTH, eps=1e-6)
        self.transformer = nn.Module()
        self.transformer.embeddings, self.transformer.encoder = embeddings, encoder
        self.decoder = nn.Module()
        self.decoder.conv_more = convolution(WIDTH, DECODER[0])
        blocks = []
        for i, skip, o in zip(DECODER, (512, 256, 64, 0), DECODER[1:], strict=False):
            block = nn.Module()
            block.conv1, block.conv2 = convolution(i + skip, o), convolution(o, o)
            blocks.append(block)
        self.decoder.blocks = nn.ModuleList(blocks)
        self.segmentation_head = nn.Sequential(nn.Conv2d(DECODER[-1], classes, 3, padding=1))

    def forward(self, image: Tensor) -> Tensor:
        embeddings, encoder = self.transformer.embeddings, self.transformer.encoder
        hybrid = embeddings.hybrid_model
        root = hybrid.root(image)
        quarter = hybrid.body.block1(F.max_pool2d(root, 3, 2))
        eighth = hybrid.body.block2(quarter)
        x = embeddings.patch_embeddings(hybrid.body.block3(eighth))
        tokens = x.flatten(2).mT + embeddings.position_embeddings
        for layer in encoder.layer:
            tokens = layer(tokens)
        x = self.decoder.conv_more(encoder.encoder_norm(tokens).mT.reshape(x.shape))
        assert quarter.shape[-1] == SIDE // 4 - 1
        skips = [eighth, F.pad(quarter, (0, 1, 0, 1)), root]
        for block, skip in zip(self.decoder.blocks, [*skips, None], strict=True):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
            x = block.conv2(block.conv1(x if skip is None else torch.cat([x, skip], 1)))
        return self.segmentation_head(x)  # type: ignore[no-any-return]


def reference(classes: int) -> Reference:
    torch.manual_seed(5)
    network = Reference(classes).eval()
    for name, value in network.state_dict().items():
        if value.is_floating_point() and (value.ndim == 1 or "position" in name):
            # Norms and biases start alike; a mix-up would stay unseen.
            nn.init.uniform_(value, 0.2, 0.8)
        elif name == "segmentation_head.0.weight":
            nn.init.normal_(value)
    return network


@pytest.mark.parametrize("classes", [1, 2])
def test_logits_are_those_of_the_published_forward(classes: int, tmp_path: Path) -> None:
    published = reference(classes)
    # Trained on two GPUs, so that every name has a prefix.
    content = {f"module.{key}": value for key, value in published.state_dict().items()}
    torch.save(content, tmp_path / "epoch_149.pth")
    result = convert("transunet", tmp_path / "epoch_149.pth", tmp_path / "run")
    assert set(result.used) == set(published.state_dict())
    assert result.skipped == {}
    network = load_network(tmp_path / "run")
    assert isinstance(network, TransUNet)
    image = torch.rand(2, 3, SIDE, SIDE)
    with torch.no_grad():
        expected = published(image)
        found = network(image)
    if classes == 2:  # the probability of the second of two classes
        expected = expected[:, 1:] - expected[:, :1]
    assert found.std() > 0.05
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_the_run_can_be_opened(tmp_path: Path) -> None:
    torch.save(reference(1).state_dict(), tmp_path / "best.pth")
    convert("transunet", tmp_path / "best.pth", tmp_path / "run")
    run = load_run(tmp_path / "run")
    assert run.size == (SIDE, SIDE)
    assert run.fold is None
    options = run.recipe.network.options
    assert (options["width"], options["depth"], options["heads"]) == (WIDTH, DEPTH, HEADS)
    assert tuple(options["decoder"]) == DECODER


QUERY = "transformer.encoder.layer.1.attn.query.weight"
GN = "transformer.embeddings.hybrid_model.body.block2.unit1.gn_proj.weight"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({QUERY: None}, "its query is missing"),
        ({GN: None}, "downsample.norm.weight is missing"),
        ({GN: torch.zeros(3)}, r"is \(3,\), not \(512,\)"),
        ({"decoder.more": torch.zeros(1)}, "decoder.more is unknown"),
        ({"segmentation_head.0.weight": None}, "segmentation_head.0.weight is missing"),
        ({"segmentation_head.0.weight": torch.zeros(9, 8, 3, 3)}, "segments 9 classes"),
        (
            {"transformer.embeddings.position_embeddings": torch.zeros(1, 15, WIDTH)},
            "no square image",
        ),
    ],
)
def test_it_fails_rather_than_guess(
    tmp_path: Path, change: dict[str, Tensor | None], message: str
) -> None:
    content = {
        key: value
        for key, value in (reference(1).state_dict() | change).items()
        if value is not None
    }
    torch.save(content, tmp_path / "wrong.pth")
    with pytest.raises(BadData, match=message):
        convert("transunet", tmp_path / "wrong.pth", tmp_path / "run")
    assert not (tmp_path / "run").exists()
