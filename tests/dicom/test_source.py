from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import UltrasoundImageStorage, UltrasoundMultiFrameImageStorage

from nodulens.dicom.source import read_source
from nodulens.errors import UnreadableFile
from nodulens.files import sha256_of
from tests.dicom.subjects import source
from tests.dicom.ultrasound import save, ultrasound
from tests.pictures import save as save_picture

PIXELS = np.arange(60 * 80, dtype=np.uint32).reshape(60, 80).astype(np.uint8)


def test_header_is_a_stand_in_with_the_same_identity(tmp_path: Path) -> None:
    image = source(tmp_path, frames=3, FrameOfReferenceUID="1.2.3", PixelSpacing=[0.2, 0.2])
    assert image.sop_class == UltrasoundMultiFrameImageStorage
    assert image.frames == 3
    assert image.header.SOPClassUID == UltrasoundImageStorage
    assert image.header.PatientID == "NL-0001"
    assert (image.header.Rows, image.header.Columns) == (120, 200)
    for name in ("FrameOfReferenceUID", "PixelSpacing", "NumberOfFrames", "PixelData"):
        assert name not in image.header


def test_pixels_are_those_that_were_analyzed(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", ultrasound(np.stack([PIXELS, 255 - PIXELS])))
    image = read_source(path, sha256_of(path))
    assert image is not None
    assert np.array_equal(image.pixels(1), 255 - PIXELS)


def test_text_of_any_alphabet_becomes_utf_8(tmp_path: Path) -> None:
    image = source(
        tmp_path,
        SpecificCharacterSet="ISO_IR 100",
        PatientName="Müller^Zoë",
        StudyDescription="Hälse",
    )
    assert image.header.SpecificCharacterSet == "ISO_IR 192"
    assert str(image.header.PatientName) == "Müller^Zoë"
    path = save(tmp_path / "again.dcm", ultrasound(PIXELS))
    header = image.header
    header.file_meta = ultrasound(PIXELS).file_meta
    header.save_as(path, enforce_file_format=True)
    assert "Müller^Zoë".encode() in path.read_bytes()
    assert "Hälse".encode() in path.read_bytes()


@pytest.mark.filterwarnings("ignore:Invalid value")
def test_what_is_damaged_or_missing_is_empty(tmp_path: Path) -> None:
    image = source(
        tmp_path, PatientBirthDate="soon", PatientSex="X", StudyTime="99", AccessionNumber=None
    )
    for name in ("PatientBirthDate", "PatientSex", "StudyTime", "AccessionNumber"):
        assert image.header[name].value in ("", None), name
    assert image.header.StudyDate == "20240229"


@pytest.mark.filterwarnings("ignore:Invalid value")
def test_a_date_of_the_old_form_is_kept_in_the_new(tmp_path: Path) -> None:
    assert source(tmp_path, StudyDate="1997.04.24").header.StudyDate == "19970424"


@pytest.mark.parametrize(
    ("changes", "side"),
    [
        ({}, None),
        ({"ImageLaterality": "L"}, "L"),
        ({"Laterality": "R"}, "R"),
        ({"Laterality": ""}, None),
    ],
)
def test_side_is_the_header_s(tmp_path: Path, changes: dict[str, str], side: str | None) -> None:
    assert source(tmp_path, **changes).laterality == side


def test_a_picture_is_no_source(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "a.png", PIXELS)
    assert read_source(path, sha256_of(path)) is None


def test_what_cannot_be_referred_to_is_an_error_by_name(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", ultrasound(PIXELS))
    with pytest.raises(UnreadableFile, match=r"a\.dcm: was changed since"):
        read_source(path, "0" * 64)
    with pytest.raises(UnreadableFile, match=r"gone\.dcm: is not there any more"):
        read_source(tmp_path / "gone.dcm", None)
    dataset = ultrasound(PIXELS)
    dataset.StudyInstanceUID = ""
    path = save(tmp_path / "b.dcm", dataset)
    with pytest.raises(UnreadableFile, match=r"b\.dcm: has no StudyInstanceUID"):
        read_source(path, sha256_of(path))
