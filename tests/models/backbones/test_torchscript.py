from __future__ import annotations

import pickle
import warnings
import zipfile
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from nodulens.errors import BadData
from nodulens.models.backbones.torchscript import is_torchscript, read_torchscript
from nodulens.models.backbones.weight_file import read_weights

pytestmark = pytest.mark.train


class Inner(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.proj = nn.Parameter(torch.randn(3, 2).half())
        self.register_buffer("steps", torch.tensor(7))
        self.layers = nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2))
        self.sides = [1, 2]

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Outer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.visual = Inner()
        # A view with an offset and other strides than its storage's.
        self.view = nn.Parameter(torch.arange(12.0).view(3, 4)[1:, 1:].t())

    def forward(self, x: Tensor) -> Tensor:
        return self.visual(x)


@pytest.fixture
def archive(tmp_path: Path) -> tuple[Path, nn.Module]:
    torch.manual_seed(0)
    model = Outer().eval()
    with warnings.catch_warnings():
        # Nothing is written with TorchScript any more but what tests the reading of it.
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(model, torch.zeros(1, 2)), tmp_path / "model.pt")
    return tmp_path / "model.pt", model


def rewritten(path: Path, name: str, content: bytes, compression: int = zipfile.ZIP_STORED) -> Path:
    target = path.with_name("changed.pt")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", compression) as new:
        for info in old.infolist():
            own = content if info.filename.endswith(f"/{name}") else old.read(info)
            new.writestr(info.filename, own)
    return target


def test_every_tensor_comes_back_by_its_name(archive: tuple[Path, nn.Module]) -> None:
    path, model = archive
    found = read_torchscript(path)
    expected = model.state_dict()
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert found[key].dtype == value.dtype
        assert torch.equal(found[key], value)
    assert read_weights(path).tensors.keys() == expected.keys()


def test_archives_are_known_from_other_files(
    archive: tuple[Path, nn.Module], tmp_path: Path
) -> None:
    assert is_torchscript(archive[0])
    torch.save({"a": torch.zeros(1)}, tmp_path / "plain.pt")
    assert not is_torchscript(tmp_path / "plain.pt")
    (tmp_path / "text").write_text("text")
    assert not is_torchscript(tmp_path / "text")


@pytest.mark.parametrize(
    "name", ["os.mkdir", "torch.load", "builtins.eval", "torch.serialization.load"]
)
def test_nothing_else_is_called(archive: tuple[Path, nn.Module], name: str, tmp_path: Path) -> None:
    module, _, function = name.rpartition(".")
    # The opcodes of: call module.function with one text.
    harmful = f"c{module}\n{function}\n(V{tmp_path / 'it-ran'}\ntR.".encode()
    changed = rewritten(archive[0], "data.pkl", harmful)
    with pytest.raises(BadData, match=f"asks for {name}; refused"):
        read_torchscript(changed)
    assert not (tmp_path / "it-ran").exists()


def test_damaged_archives_are_refused(archive: tuple[Path, nn.Module]) -> None:
    path, _ = archive
    for content in (b"", b"nonsense", pickle.dumps(1), pickle.dumps([])):
        with pytest.raises(BadData, match="not a TorchScript archive of tensors"):
            read_torchscript(rewritten(path, "data.pkl", content))
    with pytest.raises(BadData, match="not a TorchScript archive of tensors"):
        read_torchscript(rewritten(path, "0", b"ab"))


def test_compressed_tensors_are_refused(archive: tuple[Path, nn.Module]) -> None:
    changed = rewritten(archive[0], "none", b"", zipfile.ZIP_DEFLATED)
    with pytest.raises(BadData, match="compressed tensors"):
        read_torchscript(changed)
