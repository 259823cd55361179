from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nodulens.data.importers.lvit import ORACLE, read_lvit, subject_of
from nodulens.data.importers.source import Oddity, SourceImage
from nodulens.errors import BadData
from tests.data.conftest import Save


def part(root: Path, name: str, stems: list[str], mask: str, save: Save, disc: np.ndarray) -> Path:
    for number, stem in enumerate(stems):
        save(root / name / "img" / f"{stem}.png", number)
        save(root / name / "labelcol" / f"{mask.format(stem)}.png", disc)
    return root / name


def read(folder: Path) -> tuple[dict[str, SourceImage], list[Oddity]]:
    items = list(read_lvit(folder))
    return (
        {item.id: item for item in items if isinstance(item, SourceImage)},
        [item for item in items if isinstance(item, Oddity)],
    )


def test_qata_names_the_masks_in_a_spreadsheet(
    tmp_path: Path, save: Save, disc: np.ndarray
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    stems = ["covid_1", "cxr_s0017-e2-r1"]
    folder = part(tmp_path, "Train_Folder", stems, "mask_{}", save, disc)
    book = openpyxl.Workbook()
    book.active.append(["Image", "Description"])
    book.active.append(["mask_covid_1.png", "Bilateral  pulmonary infection."])
    book.active.append(["mask_gone.png", "Not there."])
    book.save(folder / "Train_text.xlsx")
    images, oddities = read(tmp_path)
    assert images["train/covid_1"].text == "Bilateral pulmonary infection."
    assert images["train/covid_1"].notes == [ORACLE]
    assert images["train/covid_1"].mask_files == [folder / "labelcol" / "mask_covid_1.png"]
    assert images["train/cxr_s0017-e2-r1"].text is None
    assert [o.path.name for o in oddities] == ["cxr_s0017-e2-r1.png", "mask_gone"]


def test_mosmed_names_the_images(tmp_path: Path, save: Save, disc: np.ndarray) -> None:
    stems = ["Morozov_study_0255_9"]
    folder = part(tmp_path, "Test_Folder", stems, "{}", save, disc)
    (folder / "Test_text.csv").write_text("Image,Description\nMorozov_study_0255_9.png,Left.\n")
    images, oddities = read(tmp_path)
    image = images["test/Morozov_study_0255_9"]
    assert (image.text, image.split, image.patient) == ("Left.", "test", "morozov_study_0255")
    assert oddities == []


@pytest.mark.parametrize(
    ("stem", "subject"),
    [
        ("cxr_s11131-e19606-r1", "s11131"),
        ("sub-S09345_ses-E18966_run-1", "s9345"),
        ("Jun_coronacases_case7_75", "jun_coronacases_case7"),
        ("covid_0001", None),
        ("bjorke_12", None),
    ],
)
def test_subject(stem: str, subject: str | None) -> None:
    assert subject_of(stem) == subject


def test_spreadsheet_without_its_columns(tmp_path: Path, save: Save, disc: np.ndarray) -> None:
    folder = part(tmp_path, "Val_Folder", ["a"], "{}", save, disc)
    (folder / "Val_text.csv").write_text("name,words\na,b\n")
    with pytest.raises(BadData, match="Description"):
        read(tmp_path)


def test_file_that_is_no_spreadsheet(tmp_path: Path, save: Save, disc: np.ndarray) -> None:
    pytest.importorskip("openpyxl")
    folder = part(tmp_path, "Val_Folder", ["a"], "{}", save, disc)
    (folder / "Val_text.xlsx").write_bytes(b"no spreadsheet")
    with pytest.raises(BadData, match="Val_text"):
        read(tmp_path)


def test_part_without_texts_is_told(tmp_path: Path, save: Save, disc: np.ndarray) -> None:
    part(tmp_path, "Val_Folder", ["a"], "mask_{}", save, disc)
    images, oddities = read(tmp_path)
    assert images["val/a"].text is None
    assert "no spreadsheet" in oddities[0].what


def test_other_folder(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="LViT"):
        read(tmp_path)
