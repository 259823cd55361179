from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from nodulens.errors import BadData
from nodulens.training.reference import fill, read_reference

pytestmark = pytest.mark.train


class Code:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('it ran')",)


def test_code_is_not_run_and_other_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "file.pth"
    torch.save({"weight": Code()}, file)
    with pytest.raises(BadData, match="more than tensors"):
        read_reference(file)
    for content in (b"", b"PK\x03\x04 not a zip", b"no checkpoint at all"):
        file.write_bytes(content)
        with pytest.raises(BadData, match=r"file\.pth"):
            read_reference(file)
    torch.save([torch.zeros(1)], file)
    with pytest.raises(BadData, match="not a PyTorch state dict"):
        read_reference(file)
    torch.save({"epoch": 3}, file)
    with pytest.raises(BadData, match="epoch is no tensor"):
        read_reference(file)
    with pytest.raises(BadData, match="no such file"):
        read_reference(tmp_path / "gone.pth")


def test_prefixes_of_several_gpus_are_dropped_only_where_all_have_them(tmp_path: Path) -> None:
    torch.save({"module.a": torch.zeros(1), "module.b": torch.ones(1)}, tmp_path / "all.pth")
    assert set(read_reference(tmp_path / "all.pth")) == {"a", "b"}
    torch.save({"module.a": torch.zeros(1), "b": torch.ones(1)}, tmp_path / "some.pth")
    assert set(read_reference(tmp_path / "some.pth")) == {"module.a", "b"}


def test_every_tensor_is_used_skipped_or_refused() -> None:
    network = nn.BatchNorm1d(2)
    found = {key: value + 1 for key, value in network.state_dict().items()}
    result = fill(
        network,
        found | {"old.x": torch.zeros(1)},
        "f",
        lambda key: "old" if key == "old.x" else None,
    )
    assert result.used == sorted(found)
    assert result.skipped == {"old": ["old.x"]}
    assert network.num_batches_tracked == 1
    for wrong, message in (
        ({"more": torch.zeros(1)}, "f: not a checkpoint of the reference: more is unknown"),
        ({"weight": torch.zeros(3)}, r"weight is \(3,\), not \(2,\)"),
        ({"weight": torch.zeros(2, dtype=torch.int64)}, "int64, not floating point"),
        ({"num_batches_tracked": torch.zeros(())}, "float32, not whole numbers"),
    ):
        with pytest.raises(BadData, match=message):
            fill(network, found | wrong, "f")
    del found["bias"]
    with pytest.raises(BadData, match="bias is missing"):
        fill(network, found, "f")
