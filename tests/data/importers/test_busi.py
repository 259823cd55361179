from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nodulens.data.importers.busi import ORACLE, read_busi
from nodulens.data.importers.source import Oddity, SourceImage
from nodulens.errors import BadData
from tests.data.conftest import Save


@pytest.fixture
def busi(tmp_path: Path, save: Save, disc: np.ndarray) -> Path:
    root = tmp_path / "Dataset_BUSI_with_GT"
    for name in ("benign", "malignant", "normal"):
        save(root / name / f"{name} (1).png")
        save(root / name / f"{name} (1)_mask.png", disc if name != "normal" else disc * 0)
    save(root / "benign" / "benign (1)_mask_1.png", disc[:, ::-1])
    return tmp_path


def read(folder: Path) -> tuple[dict[str, SourceImage], list[Oddity]]:
    items = list(read_busi(folder))
    return (
        {item.id: item for item in items if isinstance(item, SourceImage)},
        [item for item in items if isinstance(item, Oddity)],
    )


def test_published_layout(busi: Path) -> None:
    images, oddities = read(busi)
    assert oddities == []
    assert images["benign/benign (1)"].labels == {"histology": "benign", "malignancy": "benign"}
    assert images["malignant/malignant (1)"].labels["malignancy"] == "suspicious"
    assert images["normal/normal (1)"].labels == {"histology": "normal"}
    assert len(images["benign/benign (1)"].mask_files) == 2
    assert images["benign/benign (1)"].text is None


def test_inner_folder_is_the_same(busi: Path) -> None:
    assert set(read(busi / "Dataset_BUSI_with_GT")[0]) == set(read(busi)[0])


def test_texts_are_marked_as_oracle(busi: Path) -> None:
    (busi / "text.csv").write_text('image,text\nbenign/benign (1).png,"One mass, oval."\n')
    images, _ = read(busi)
    assert images["benign/benign (1)"].text == "One mass, oval."
    assert images["benign/benign (1)"].notes == [ORACLE]
    assert images["normal/normal (1)"].notes == []


def test_missing_class_and_surplus_mask_are_told(busi: Path, save: Save) -> None:
    root = busi / "Dataset_BUSI_with_GT"
    for path in (root / "normal").iterdir():
        path.unlink()
    (root / "normal").rmdir()
    save(root / "benign" / "benign (9)_mask.png")
    assert [o.path.name for o in read(busi)[1]] == ["benign (9)_mask.png", "normal"]


def test_other_folder(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="BUSI"):
        read(tmp_path)
