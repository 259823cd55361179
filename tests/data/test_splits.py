from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nodulens.data.imports import import_dataset
from nodulens.data.manifest import read_manifest, write_manifest
from nodulens.data.splits import group_rows, hold_out_published, split_dataset, without_fold
from nodulens.errors import BadData
from tests.data.conftest import Save

pytest.importorskip("sklearn")


@pytest.fixture
def imported(tmp_path: Path, save: Save, disc: np.ndarray) -> Path:
    """Twelve images; 0 and 1 are of one patient, 1 and 2 are copies; one label is rare."""
    source = tmp_path / "source"
    table = ["file,patient,malignancy"]
    for number in range(12):
        pixels = np.random.default_rng(number).integers(0, 256, (32, 48), np.uint8)
        if number == 2:
            pixels = np.random.default_rng(1).integers(0, 256, (32, 48), np.uint8)
        save(source / f"{number:02d}.png", pixels)
        save(source / f"{number:02d}_mask.png", disc if number != 11 else disc * 0)
        patient = {0: "a", 1: "a"}.get(number, "")
        table.append(f"{number:02d},{patient},{'suspicious' if number == 3 else 'benign'}")
    (tmp_path / "labels.csv").write_text("\n".join(table))
    import_dataset("folder", source, tmp_path / "set", labels_csv=tmp_path / "labels.csv")
    return tmp_path / "set"


def test_patients_and_copies_stay_together(imported: Path) -> None:
    rows = group_rows(imported, read_manifest(imported))
    assert [row.group for row in rows[:4]] == ["a", "a", "a", "03"]


def test_the_publisher_s_parts_are_held_out_with_all_of_their_patients(imported: Path) -> None:
    rows = read_manifest(imported)
    parts = ["train", "val", *["train"] * 8, "test", "train"]
    write_manifest(
        imported,
        [row.model_copy(update={"split": part}) for row, part in zip(rows, parts, strict=True)],
    )
    result = hold_out_published(imported)
    # 0 is of the patient of 1, and 2 a copy of 1.
    held_out = [row.id for row in read_manifest(imported) if row.fold == 0]
    assert held_out == ["00", "01", "02", "10"]
    assert {row.fold for row in read_manifest(imported)} == {0, None}
    assert [(fold.fold, fold.images) for fold in result.folds] == [(0, 4)]


def test_rows_of_the_other_folds(imported: Path) -> None:
    split_dataset(imported, folds=2)
    rows = read_manifest(imported)
    assert {row.fold for row in without_fold(rows, 1)} == {0}
    assert without_fold(rows, None) == rows
    with pytest.raises(BadData, match="no fold 7; it has 0, 1"):
        without_fold(rows, 7)


@pytest.mark.parametrize("part", [None, "train", "test"])
def test_a_set_without_parts_has_none_to_hold_out(imported: Path, part: str | None) -> None:
    rows = read_manifest(imported)
    write_manifest(imported, [row.model_copy(update={"split": part}) for row in rows])
    with pytest.raises(BadData, match="--folds"):
        hold_out_published(imported)


def test_folds_are_recorded(imported: Path) -> None:
    result = split_dataset(imported, folds=3, seed=7)
    rows = read_manifest(imported)
    assert {row.fold for row in rows} == {0, 1, 2}
    assert len({row.fold for row in rows[:3]}) == 1
    assert (result.images, result.groups, result.largest_group) == (12, 10, 3)
    assert result.joined == {"a": ["02", "a"]}
    for fold in result.folds:
        held_out = [row for row in rows if row.fold == fold.fold]
        assert fold.images == len(held_out) == sum(fold.malignancy.values())
    saved = json.loads((imported / "splits.json").read_text("utf-8"))
    assert saved["seed"] == 7
    assert saved == result.model_dump()


def test_a_set_too_small_for_its_strata_is_dealt_all_the_same(tmp_path: Path, save: Save) -> None:
    for number in range(2):
        pixels = np.random.default_rng(number).integers(0, 256, (32, 48), np.uint8)
        save(tmp_path / "source" / f"{number}.png", pixels)
    (tmp_path / "labels.csv").write_text("file,malignancy\n0,benign\n1,suspicious\n")
    import_dataset(
        "folder", tmp_path / "source", tmp_path / "set", labels_csv=tmp_path / "labels.csv"
    )
    split_dataset(tmp_path / "set", folds=2)
    assert {row.fold for row in read_manifest(tmp_path / "set")} == {0, 1}


def test_same_seed_same_folds_and_other_seed_others(imported: Path) -> None:
    deals = []
    for seed in (0, 0, 1, 2):
        split_dataset(imported, folds=3, seed=seed)
        deals.append([row.fold for row in read_manifest(imported)])
    assert deals[0] == deals[1]
    assert deals[0] != deals[2] or deals[0] != deals[3]


@pytest.mark.parametrize(("folds", "match"), [(1, "2 or more"), (11, "cannot fill")])
def test_folds_that_cannot_be(imported: Path, folds: int, match: str) -> None:
    with pytest.raises(BadData, match=match):
        split_dataset(imported, folds=folds)


@pytest.mark.realdata
def test_ddti_groups_and_folds_stay_as_published_figures_know_them(
    shared_data: Path, tmp_path: Path
) -> None:
    import_dataset("ddti", shared_data / "ddti", tmp_path / "set")
    result = split_dataset(tmp_path / "set", folds=5, seed=0)
    assert result.groups == 304
    assert [fold.images for fold in result.folds] == [77, 77, 76, 76, 76]
    rows = {row.id: row for row in read_manifest(tmp_path / "set")}
    copies = ("150_1", "233_2", "323_1", "326_1", "349_1")
    assert len({rows[name].group for name in copies}) == 1
    assert len({rows[name].fold for name in copies}) == 1
