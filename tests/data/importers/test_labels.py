from __future__ import annotations

from pathlib import Path

import pytest

from nodulens.data.importers.labels import read_labels, with_labels
from nodulens.data.importers.source import Oddity, SourceImage
from nodulens.errors import BadData

IMAGES = ("a/x", "b/x", "b/y")


def label(tmp_path: Path, table: str) -> tuple[dict[str, SourceImage], list[str]]:
    path = tmp_path / "labels.csv"
    path.write_text(table, "utf-8")
    items = [SourceImage(path=Path(f"/set/images/{name}.png"), id=name) for name in IMAGES]
    result = list(with_labels(items, path))
    return (
        {item.id: item for item in result if isinstance(item, SourceImage)},
        [item.what for item in result if isinstance(item, Oddity)],
    )


def test_columns(tmp_path: Path) -> None:
    images, oddities = label(
        tmp_path,
        'file,malignancy,text,patient,split\na/x,benign,"Solid, round.",p1,test\n'
        "images/b/x.png,suspicious,,,\ny,,,p2,\n",
    )
    first = images["a/x"]
    assert (first.text, first.patient, first.split) == ("Solid, round.", "p1", "test")
    assert first.labels == {"malignancy": "benign"}
    assert images["b/x"].labels == {"malignancy": "suspicious"}
    assert images["b/y"].patient == "p2"
    assert oddities == []


def test_name_of_two_images_labels_neither(tmp_path: Path) -> None:
    images, oddities = label(tmp_path, "file,malignancy\nx.png,benign\n")
    assert all(not image.labels for image in images.values())
    assert any("x.png" in what for what in oddities)


def test_semicolons_and_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes("\ufefffile;tirads\nx;4a\n".encode())
    assert read_labels(path) == {"x": {"tirads": "4a"}}


@pytest.mark.parametrize(
    ("table", "reason"), [("name\nx\n", "file"), ("file\nx\nx\n", "twice"), ("\xff", "UTF-8")]
)
def test_bad_tables(tmp_path: Path, table: str, reason: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(table.encode("latin-1"))
    with pytest.raises(BadData, match=reason):
        read_labels(path)
