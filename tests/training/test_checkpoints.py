from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from nodulens.training import checkpoints as module
from nodulens.training.checkpoints import BEST, LAST, Checkpoints

pytestmark = pytest.mark.train


def state(value: float) -> dict[str, Any]:
    weights = {"layer": torch.full((2,), value)}
    return {"epoch": 3, "state_dict": weights, "optimizer_states": [{"moment": torch.ones(2)}]}


def read(path: Path) -> Any:
    return torch.load(path, weights_only=True)


def test_the_last_state_is_whole_and_the_best_is_its_weights(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    for name in (LAST, BEST):
        Checkpoints().save_checkpoint(state(0.5), folder / name)
    last, best = read(folder / LAST), read(folder / BEST)
    assert last.keys() == {"epoch", "state_dict", "optimizer_states"}
    assert best.keys() == {"epoch", "state_dict"}
    for each in (last, best):
        assert each["epoch"] == 3
        assert each["state_dict"]["layer"].tolist() == [0.5, 0.5]


def test_who_dies_while_writing_leaves_the_state_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Checkpoints().save_checkpoint(state(0.5), tmp_path / LAST)

    def dies(content: object, stream: Any) -> None:
        stream.write(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(module.torch, "save", dies)
    with pytest.raises(KeyboardInterrupt):
        Checkpoints().save_checkpoint(state(1.0), tmp_path / LAST)
    assert [path.name for path in tmp_path.iterdir()] == [LAST]
    assert read(tmp_path / LAST)["state_dict"]["layer"].tolist() == [0.5, 0.5]
