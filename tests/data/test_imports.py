from __future__ import annotations

import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nodulens.data.imports import ImportReport, import_dataset
from nodulens.data.manifest import read_manifest
from nodulens.data.phantom import phantom as draw_phantom
from nodulens.data.pictures import read_mask
from nodulens.data.splits import split_dataset
from nodulens.errors import BadData
from tests.data.conftest import Save


@pytest.fixture
def source(tmp_path: Path, save: Save, disc: np.ndarray) -> Path:
    root = tmp_path / "source"
    for number in range(3):
        save(root / "images" / f"{number}.jpg", number)
        save(root / "masks" / f"{number}.jpg", disc)
    return root


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_images_are_copied_byte_for_byte(source: Path, tmp_path: Path, disc: np.ndarray) -> None:
    out = tmp_path / "out"
    report = import_dataset("folder", source, out)
    rows = read_manifest(out)
    assert (report.images, report.masks, report.lost, report.finished) == (3, 3, 0, True)
    for row in rows:
        assert (out / row.image).read_bytes() == (source / row.image).read_bytes()
        assert row.mask == f"masks/{row.id}.png"
        # JPEG blurs the border of a mask; middle grey is where it was.
        assert (read_mask(out / row.mask) != (disc > 0)).sum() <= 4
        assert set(np.unique(np.asarray(Image.open(out / row.mask)))) == {0, 255}
        assert (row.width, row.height) == (48, 32)
    saved = ImportReport.model_validate_json((out / "import.json").read_text("utf-8"))
    assert saved == report


def test_dry_run_says_the_same_and_writes_nothing(source: Path, tmp_path: Path) -> None:
    dry = import_dataset("folder", source, tmp_path / "out", dry_run=True)
    assert not (tmp_path / "out").exists()
    real = import_dataset("folder", source, tmp_path / "out")
    differing = {"dry_run", "finished"}
    assert dry.model_dump(exclude=differing) == real.model_dump(exclude=differing)


def test_once_more_changes_nothing(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    import_dataset("folder", source, out)
    before = contents(out)
    import_dataset("folder", source, out)
    assert contents(out) == before


def test_once_more_keeps_folds(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    import_dataset("folder", source, out)
    split_dataset(out, folds=3)
    rows = read_manifest(out)
    assert {row.fold for row in rows} == {0, 1, 2}
    import_dataset("folder", source, out)
    assert read_manifest(out) == rows


def test_other_images_lose_their_folds(source: Path, tmp_path: Path, save: Save) -> None:
    out = tmp_path / "out"
    import_dataset("folder", source, out)
    split_dataset(out, folds=3)
    save(source / "images" / "3.jpg", 3)
    import_dataset("folder", source, out)
    assert {row.fold for row in read_manifest(out)} == {None}


def test_the_scale_is_read_with_the_picture(tmp_path: Path) -> None:
    phantom = draw_phantom(5)
    source = tmp_path / "source"
    source.mkdir()
    Image.fromarray(phantom.pixels).save(source / "ruled.png")
    import_dataset("folder", source, tmp_path / "out")
    (row,) = read_manifest(tmp_path / "out")
    assert row.scale_from == "depth-ruler"
    assert row.mm_per_px == pytest.approx(phantom.mm_per_px, rel=0.02)


def test_killed_import_can_be_repeated(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def stop(item: object) -> None:
        if (out / "images").exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_dataset("folder", source, out, progress=stop)
    assert not (out / "manifest.parquet").exists()
    assert import_dataset("folder", source, out).images == 3


def test_bad_files_are_lost_and_the_rest_is_imported(
    source: Path, tmp_path: Path, save: Save, disc: np.ndarray
) -> None:
    whole = save(source / "images" / "cut.png", 5).read_bytes()
    (source / "images" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (source / "images" / "words.jpg").write_text("no picture")
    (source / "images" / "nothing.png").touch()
    save(source / "images" / "small.png", 6)
    save(source / "masks" / "small.png", disc[:16, :16])
    save(source / "images" / "blind.png", 7)
    (source / "masks" / "blind.png").write_bytes(b"\x89PNG")
    report = import_dataset("folder", source, tmp_path / "out")
    rows = {row.id: row for row in read_manifest(tmp_path / "out")}
    assert set(rows) == {"0", "1", "2", "small", "blind"}
    assert rows["small"].mask is None
    assert rows["small"].notes == ["its mask could not be used"]
    lost = {Path(name).name for group in report.oddities if group.lost for name in group.files}
    assert lost == {"cut.png", "words.jpg", "nothing.png", "small.png", "blind.png"}
    assert report.lost == 5


def test_enormous_picture_is_not_decoded(source: Path, tmp_path: Path, save: Save) -> None:
    huge = save(source / "images" / "huge.png")
    content = bytearray(huge.read_bytes())
    # Width and height stand in the header, before its checksum.
    content[16:24] = struct.pack(">II", 30_000, 30_000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    huge.write_bytes(content)
    report = import_dataset("folder", source, tmp_path / "out")
    assert (report.images, report.lost) == (3, 1)


def test_turned_picture_has_the_size_that_is_shown(tmp_path: Path, save: Save) -> None:
    image = Image.fromarray(np.zeros((32, 48), np.uint8))
    exif = image.getexif()
    exif[0x0112] = 6
    (tmp_path / "source").mkdir()
    image.save(tmp_path / "source" / "x.jpg", exif=exif)
    save(tmp_path / "source" / "x_mask.png", np.zeros((48, 32), np.uint8))
    report = import_dataset("folder", tmp_path / "source", tmp_path / "out")
    row = read_manifest(tmp_path / "out")[0]
    assert (row.width, row.height, row.mask) == (32, 48, "masks/x.png")
    assert (report.lost, report.empty_masks) == (0, 1)


def test_masks_of_one_image_are_united(tmp_path: Path, save: Save, disc: np.ndarray) -> None:
    source = tmp_path / "source"
    save(source / "x.png")
    save(source / "x_mask.png", disc)
    save(source / "x_mask_1.png", disc[:, ::-1])
    import_dataset("folder", source, tmp_path / "out")
    assert (read_mask(tmp_path / "out" / "masks/x.png") == (disc + disc[:, ::-1] > 0)).all()


def test_names_that_differ_in_case_collide(source: Path, tmp_path: Path, save: Save) -> None:
    save(source / "images" / "A.png", 1)
    save(source / "images" / "a.png", 2)
    report = import_dataset("folder", source, tmp_path / "out")
    assert (report.images, report.lost) == (4, 1)


def test_labels_of_a_table(source: Path, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("file,malignancy,patient\n0.jpg,benign,p\n1,suspicious,p\n9,benign,\n")
    report = import_dataset("folder", source, tmp_path / "out", labels_csv=table)
    assert report.labels == {"malignancy": {"benign": 1, "suspicious": 1}}
    assert report.patients == 1
    assert {len(group.files) for group in report.oddities} == {1}


def test_folder_with_something_else_is_not_touched(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").touch()
    with pytest.raises(BadData, match="not empty"):
        import_dataset("folder", source, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]


def test_import_of_another_source_is_refused(source: Path, tmp_path: Path) -> None:
    import_dataset("folder", source, tmp_path / "out")
    shutil.copytree(source, tmp_path / "other")
    with pytest.raises(BadData, match="holds an import"):
        import_dataset("folder", tmp_path / "other", tmp_path / "out")


@pytest.mark.parametrize(("kind", "match"), [("tn4k", "tn3k"), ("ddti", r"N\.xml")])
def test_wrong_kind_leaves_no_folder(source: Path, tmp_path: Path, kind: str, match: str) -> None:
    with pytest.raises(BadData, match=match):
        import_dataset(kind, source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_source_without_one_good_image(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "x.png").touch()
    with pytest.raises(BadData, match="not one image"):
        import_dataset("folder", tmp_path / "source", tmp_path / "out")


@pytest.mark.realdata
def test_ddti(shared_data: Path, tmp_path: Path) -> None:
    report = import_dataset("ddti", shared_data / "ddti", tmp_path / "out")
    assert (report.images, report.masks, report.patients, report.lost) == (382, 378, 309, 0)
    assert sum(report.labels["tirads"].values()) == 283


@pytest.mark.realdata
def test_busi(shared_data: Path, tmp_path: Path) -> None:
    report = import_dataset("busi", shared_data / "busi", tmp_path / "out")
    assert (report.images, report.masks, report.empty_masks, report.texts) == (80, 80, 16, 80)
    assert report.labels["malignancy"] == {"benign": 32, "suspicious": 32}
    assert report.oddities == []


@pytest.mark.realdata
def test_tg3k_as_a_folder(shared_data: Path, tmp_path: Path) -> None:
    report = import_dataset("folder", shared_data / "tg3k", tmp_path / "out", dry_run=True)
    assert (report.images, report.masks, report.lost) == (956, 956, 0)


@pytest.mark.realdata
def test_qata(shared_data: Path, tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    report = import_dataset("lvit", shared_data / "qata-cov19", tmp_path / "out", dry_run=True)
    assert (report.images, report.masks, report.texts) == (4200, 4200, 4200)
    assert report.splits == {"train": 3500, "val": 700}
    assert report.lost == 0
