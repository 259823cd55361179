from __future__ import annotations

from pathlib import Path

import pytest

from nodulens.data.importers.folder import pairing_key, read_folder
from nodulens.data.importers.source import Oddity, SourceImage
from nodulens.errors import BadData
from tests.data.conftest import Save


def read(folder: Path) -> tuple[dict[str, SourceImage], list[Oddity]]:
    items = list(read_folder(folder))
    return (
        {item.id: item for item in items if isinstance(item, SourceImage)},
        [item for item in items if isinstance(item, Oddity)],
    )


@pytest.mark.parametrize(
    ("image", "mask", "key"),
    [
        ("image/0001.jpg", "mask/0001.png", "0001"),
        ("a/images/x.jpg", "a/masks/x.png", "a/x"),
        ("images/a/x.jpg", "labels/a/x.png", "a/x"),
        ("img/x.png", "labelcol/mask_x.png", "x"),
        ("a/x.png", "a/x_mask.png", "a/x"),
        ("x.png", "X_MASK_2.png".replace("X", "x"), "x"),
    ],
)
def test_pairs(image: str, mask: str, key: str) -> None:
    assert pairing_key(Path(image)) == (key, False)
    assert pairing_key(Path(mask)) == (key, True)


def test_folder_of_images_alone(tmp_path: Path, save: Save) -> None:
    save(tmp_path / "ward 3" / "scan.v2.png")
    images, oddities = read(tmp_path)
    assert set(images) == {"ward 3/scan.v2"}
    assert images["ward 3/scan.v2"].mask_files == []
    assert "no mask" in oddities[0].what


def test_several_masks_of_one_image(tmp_path: Path, save: Save) -> None:
    save(tmp_path / "x.png")
    save(tmp_path / "x_mask.png")
    save(tmp_path / "x_mask_1.png")
    assert len(read(tmp_path)[0]["x"].mask_files) == 2


def test_what_does_not_fit_is_told(tmp_path: Path, save: Save) -> None:
    save(tmp_path / "images" / "x.png")
    save(tmp_path / "images" / "x.jpg")
    save(tmp_path / "masks" / "x.png")
    save(tmp_path / "masks" / "y.png")
    (tmp_path / "x.dcm").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / ".hidden.png").touch()
    images, oddities = read(tmp_path)
    assert set(images) == {"x"}
    assert [(o.path.name, o.lost) for o in oddities] == [
        ("x.png", True), ("x.dcm", False), ("y.png", False),
    ]  # fmt: skip


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="no picture"):
        read(tmp_path)
