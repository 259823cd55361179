from __future__ import annotations

from pathlib import Path

import pytest

from nodulens.data.datasets import (
    EpochSampler,
    RegionDataset,
    ViewDataset,
    label_values,
    split_rows,
)
from nodulens.data.manifest import Row, read_manifest
from nodulens.data.phantom_set import write_phantoms
from nodulens.data.splits import split_dataset
from nodulens.errors import BadData
from nodulens.runtime.bundle import Region

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("phantoms") / "set"
    write_phantoms(10, out, seed=1, width=320, height=240, split_screens=0.4)
    split_dataset(out, folds=2, seed=0)
    return out


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[Row]:
    return read_manifest(folder)


def test_groups_stay_on_one_side(rows: list[Row]) -> None:
    joined = [row.model_copy(update={"group": str(number // 3)}) for number, row in enumerate(rows)]
    split = split_rows(joined, None, 0.3, seed=0)
    assert {row.group for row in split.training} & {row.group for row in split.validation} == set()
    assert len(split.training) + len(split.validation) == len(rows)


def test_the_fold_is_not_seen(rows: list[Row]) -> None:
    split = split_rows(rows, 1, 0.2, seed=0)
    assert {row.fold for row in split.training + split.validation} == {0}
    assert split.validation


def test_folds_that_are_not_there(rows: list[Row]) -> None:
    with pytest.raises(BadData, match="no fold 9; it has 0, 1"):
        split_rows(rows, 9, 0.1, 0)
    bare = [row.model_copy(update={"fold": None}) for row in rows]
    with pytest.raises(BadData, match="data split"):
        split_rows(bare, 0, 0.1, 0)
    with pytest.raises(BadData, match="too few groups"):
        split_rows(rows[:1], None, 0.1, 0)


def test_views_are_scan_areas_with_their_masks(folder: Path, rows: list[Row]) -> None:
    views = ViewDataset(folder, rows, (64, 80))
    # Split screens give two views.
    assert len(views) > len(rows)
    item = views[0]
    assert item["image"].shape == item["mask"].shape == (1, 64, 80)
    assert set(item["mask"].unique().tolist()) == {0, 1}
    # The network sees the scan, not the black around it.
    assert (item["image"] > 0).float().mean() > 0.6


def test_rows_without_a_mask_are_left_out(folder: Path, rows: list[Row]) -> None:
    bare = [row.model_copy(update={"mask": None}) for row in rows]
    assert len(ViewDataset(folder, bare, (64, 80))) == 0


def test_regions_carry_their_labels(folder: Path, rows: list[Row]) -> None:
    vocabulary = {"malignancy": ["benign", "suspicious"], "composition": ["solid"]}
    regions = RegionDataset(folder, rows, (48, 48), vocabulary, Region(margin=0.2, minimum=32))
    assert len(regions) >= len(rows)
    assert regions[0]["image"].shape == (1, 48, 48)
    counted = regions.count(vocabulary["malignancy"])
    assert sum(counted.values()) == len(regions)
    assert min(counted.values()) > 0
    # A value outside the vocabulary is not known.
    assert {int(item["target"][1]) for item in regions.items} == {-1, 0}


def test_images_without_any_label_are_no_regions(folder: Path, rows: list[Row]) -> None:
    bare = [row.model_copy(update={"labels": {}}) for row in rows]
    vocabulary = {"malignancy": ["benign", "suspicious"]}
    assert (
        len(RegionDataset(folder, bare, (48, 48), vocabulary, Region(margin=0.2, minimum=32))) == 0
    )
    assert label_values(bare, "malignancy") == []
    assert label_values(rows, "malignancy") == ["benign", "suspicious"]


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    sampler = EpochSampler(50, seed=3)
    first = list(sampler)
    sampler.set_epoch(1)
    second = list(sampler)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second
    sampler.set_epoch(0)
    assert list(sampler) == first
    assert list(EpochSampler(50, seed=4)) != first
