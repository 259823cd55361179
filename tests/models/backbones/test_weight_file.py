from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from nodulens.errors import BadData
from nodulens.models.backbones.weight_file import NAMES, read_weights

pytestmark = pytest.mark.train

STATE = {"a.weight": torch.arange(6.0).view(2, 3), "b": torch.tensor(2)}


class Harmful:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> object:
        return os.mkdir, (str(self.target),)


def test_names_and_tensors_come_back(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "w.safetensors")
    torch.save(STATE, tmp_path / "w.pt")
    torch.save({"state_dict": {f"module.{k}": v for k, v in STATE.items()}}, tmp_path / "t.pt")
    for name in ("w.safetensors", "w.pt", "t.pt"):
        found = read_weights(tmp_path / name)
        assert found.tensors.keys() == STATE.keys()
        assert all(torch.equal(found.tensors[key], STATE[key]) for key in STATE)
        assert not found.openai


def test_openais_own_are_known_by_their_extra_names(tmp_path: Path) -> None:
    extra = {key: torch.tensor(1) for key in ("input_resolution", "context_length", "vocab_size")}
    torch.save(STATE | extra, tmp_path / "w.pt")
    found = read_weights(tmp_path / "w.pt")
    assert found.openai
    assert found.tensors.keys() == STATE.keys()


def test_a_folders_safest_file_is_read(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"none of open_clip_model\.safetensors"):
        read_weights(tmp_path)
    torch.save({"other": torch.zeros(1)}, tmp_path / NAMES[2])
    assert "other" in read_weights(tmp_path).tensors
    save_file(STATE, tmp_path / NAMES[0])
    assert "a.weight" in read_weights(tmp_path).tensors


@pytest.mark.parametrize("legacy", [False, True])
def test_a_file_that_would_run_a_program_is_refused(tmp_path: Path, legacy: bool) -> None:
    path, trace = tmp_path / "w.pt", tmp_path / "it-ran"
    if legacy:
        path.write_bytes(pickle.dumps({"state_dict": Harmful(trace)}, 2))
    else:
        torch.save(STATE | {"c": Harmful(trace)}, path)
    with pytest.raises(BadData, match="holds more than tensors"):
        read_weights(path)
    assert not trace.exists()


@pytest.mark.parametrize("name", ["w.safetensors", "w.pt", "w.bin"])
@pytest.mark.parametrize("content", [b"", b"nonsense" * 100])
def test_damaged_files_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadData, match=f"{name}: damaged"):
        read_weights(path)


def test_what_is_no_state_dict_is_refused(tmp_path: Path) -> None:
    torch.save([torch.zeros(1)], tmp_path / "w.pt")
    with pytest.raises(BadData, match="no state dict"):
        read_weights(tmp_path / "w.pt")
    with pytest.raises(BadData, match="no such file"):
        read_weights(tmp_path / "nothing.pt")
