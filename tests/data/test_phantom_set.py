from __future__ import annotations

from pathlib import Path

import pytest

from nodulens.data.manifest import read_manifest
from nodulens.data.phantom_set import write_phantoms
from nodulens.data.pictures import grey_pixels, read_mask
from nodulens.errors import BadData
from nodulens.files import sha256_of

SIZE = {"width": 320, "height": 240}


def test_set_is_a_data_set(tmp_path: Path) -> None:
    rows = write_phantoms(3, tmp_path / "set", seed=4, split_screens=0, **SIZE)
    assert read_manifest(tmp_path / "set") == rows
    for row in rows:
        assert sha256_of(tmp_path / "set" / row.image) == row.sha256
        assert grey_pixels(tmp_path / "set" / row.image).shape == (240, 320)
        assert row.mask is not None
        assert read_mask(tmp_path / "set" / row.mask).any()
        assert row.mm_per_px
        assert row.text
        assert row.labels["malignancy"] in ("benign", "suspicious")
    assert len({row.group for row in rows}) == 3


def test_smaller_set_is_the_beginning_and_another_seed_is_another(tmp_path: Path) -> None:
    long = write_phantoms(3, tmp_path / "a", seed=1, **SIZE)
    short = write_phantoms(2, tmp_path / "b", seed=1, **SIZE)
    other = write_phantoms(3, tmp_path / "c", seed=2, **SIZE)
    assert long[:2] == short
    assert not {row.sha256 for row in long} & {row.sha256 for row in other}


def test_folder_with_something_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(BadData, match="something else"):
        write_phantoms(1, tmp_path, **SIZE)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(("count", "share"), [(0, 0.2), (1, 1.5)])
def test_values_out_of_range(tmp_path: Path, count: int, share: float) -> None:
    with pytest.raises(BadData, match="phantoms"):
        write_phantoms(count, tmp_path / "set", split_screens=share, **SIZE)
