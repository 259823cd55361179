from __future__ import annotations

import json
from pathlib import Path

import numpy as np
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


def test_two_nodules_are_two_rows_of_one_picture(tmp_path: Path) -> None:
    out = tmp_path / "set"
    rows = write_phantoms(6, out, seed=4, two_nodules=True, **SIZE)
    assert read_manifest(out) == rows
    assert [row.id for row in rows[:3]] == ["phantom-00000-a", "phantom-00000-b", "phantom-00001-a"]
    told_by, dice, iou = [], [], []
    for first, second in zip(rows[::2], rows[1::2], strict=True):
        assert first.image == second.image
        assert first.sha256 == second.sha256 == sha256_of(out / first.image)
        assert first.group == second.group == first.patient == second.patient
        assert first.text != second.text
        assert (first.labels["place"], second.labels["place"]) == ("left", "right")
        told_by.append(first.labels["told_by"])
        a, b = (read_mask(out / str(row.mask)) for row in (first, second))
        assert not (a & b).any()
        both = a | b
        dice += [2 * (mask & both).sum() / (mask.sum() + both.sum()) for mask in (a, b)]
        iou += [mask.sum() / both.sum() for mask in (a, b)]
    assert told_by == ["place", "size", "echogenicity"] * 2
    assert len({row.group for row in rows}) == len(list((out / "images").iterdir())) == 6
    record = json.loads((out / "phantoms.json").read_text("utf-8"))
    assert record["two_nodules"]
    assert record["split_screens"] == 0
    # No network without words does better than outlining both.
    assert record["best_without_text"] == pytest.approx(
        {"dice": np.mean(dice), "iou": np.mean(iou)}
    )
    assert record["best_without_text"]["iou"] == 0.5


def test_two_nodules_stay_in_one_fold(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    from nodulens.data.splits import split_dataset

    write_phantoms(4, tmp_path, two_nodules=True, **SIZE)
    splits = split_dataset(tmp_path, folds=2)
    assert (splits.images, splits.groups, splits.largest_group, splits.joined) == (8, 4, 2, {})
    rows = read_manifest(tmp_path)
    assert [row.fold for row in rows[::2]] == [row.fold for row in rows[1::2]]


def test_two_nodules_have_one_view(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="one view"):
        write_phantoms(1, tmp_path / "set", two_nodules=True, split_screens=0.5, **SIZE)
    assert not (tmp_path / "set").exists()


def test_folder_with_something_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(BadData, match="something else"):
        write_phantoms(1, tmp_path, **SIZE)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(("count", "share"), [(0, 0.2), (1, 1.5)])
def test_values_out_of_range(tmp_path: Path, count: int, share: float) -> None:
    with pytest.raises(BadData, match="phantoms"):
        write_phantoms(count, tmp_path / "set", split_screens=share, **SIZE)
