from __future__ import annotations

from pathlib import Path

import pytest

from nodulens.errors import BadData, NodulensError
from nodulens.training.convert import convert

pytestmark = pytest.mark.train


def test_networks_without_a_reference_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NodulensError, match="clip-tnseg and transunet can"):
        convert("unet", tmp_path / "x.pth", tmp_path / "run")


def test_clip_has_no_part_in_it(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="leave it out"):
        convert("transunet", tmp_path / "x.pth", tmp_path / "run", clip=tmp_path / "clip.pt")
