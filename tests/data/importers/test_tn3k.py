from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nodulens.data.importers.source import Oddity, SourceImage
from nodulens.data.importers.tn3k import read_tn3k
from nodulens.errors import BadData
from tests.data.conftest import Save


@pytest.fixture
def tn3k(tmp_path: Path, save: Save, disc: np.ndarray) -> Path:
    for part, count in (("trainval", 4), ("test", 2)):
        for number in range(count):
            save(tmp_path / f"{part}-image" / f"{number:04d}.jpg", number)
            save(tmp_path / f"{part}-mask" / f"{number:04d}.jpg", disc)
    return tmp_path


def read(folder: Path) -> tuple[dict[str, SourceImage], list[Oddity]]:
    items = list(read_tn3k(folder))
    return (
        {item.id: item for item in items if isinstance(item, SourceImage)},
        [item for item in items if isinstance(item, Oddity)],
    )


def test_published_layout(tn3k: Path) -> None:
    images, oddities = read(tn3k)
    assert [image.split for image in images.values()] == ["train"] * 4 + ["test"] * 2
    assert images["trainval/0002"].mask_files == [tn3k / "trainval-mask" / "0002.jpg"]
    assert oddities == []


def test_published_folds_count_images_by_name(tn3k: Path) -> None:
    for fold, held_out in ((0, [1]), (1, [3])):
        train = [n for n in range(4) if n not in held_out]
        (tn3k / f"tn3k-trainval-fold{fold}.json").write_text(
            json.dumps({"train": train, "val": held_out})
        )
    images, _ = read(tn3k)
    assert [images[f"trainval/{n:04d}"].split for n in range(4)] == [
        "train", "val", "train", "train",
    ]  # fmt: skip
    assert images["trainval/0003"].labels == {"published_fold": "1"}
    assert images["test/0001"].split == "test"


def test_fold_file_that_does_not_fit(tn3k: Path) -> None:
    (tn3k / "tn3k-trainval-fold0.json").write_text('{"train": [], "val": [99]}')
    with pytest.raises(BadData, match="fold0"):
        read(tn3k)


def test_class_list(tn3k: Path) -> None:
    (tn3k / "label4test.csv").write_text("0000.jpg,1\n0001.jpg,0\n")
    images, _ = read(tn3k)
    assert images["test/0000"].labels == {"malignancy": "suspicious"}
    assert images["test/0001"].labels == {"malignancy": "benign"}
    assert images["trainval/0000"].labels == {}


def test_missing_and_surplus_masks_are_told(tn3k: Path) -> None:
    (tn3k / "test-mask" / "0000.jpg").unlink()
    (tn3k / "test-image" / "0001.jpg").unlink()
    images, oddities = read(tn3k)
    assert images["test/0000"].mask_files == []
    assert [(o.path.name, o.lost) for o in oddities] == [("0000.jpg", False), ("0001.jpg", False)]


def test_other_folder(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="trainval-image"):
        read(tmp_path)
