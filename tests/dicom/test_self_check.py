from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from nodulens.dicom.self_check import Identifiers
from nodulens.errors import NodulensError
from tests.dicom.ultrasound import ultrasound

PIXELS = np.zeros((8, 8), np.uint8)


def identifiers(**changes: object) -> Identifiers:
    plain = {
        "PatientName": "Müller^Hans Jörg",
        "PatientID": "P-47110",
        "InstitutionName": "St. Gall",
    }
    return Identifiers.of_dataset(ultrasound(PIXELS, **{**plain, **changes}))


def is_found(content: bytes, noise: int | None = None, **changes: object) -> bool:
    stream = io.BytesIO(content)
    try:
        identifiers(**changes).check(stream, "x.dcm", len(content) if noise is None else noise)
    except NodulensError as error:
        return str(error).startswith("x.dcm: the ")
    return False


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["Müller", "MÜLLER", "müller", "Jörg", "HANS"])
def test_names_in_any_charset_and_case(name: str, charset: str) -> None:
    content = b"\1\0\2\0" + name.encode(charset) + b"\0\0"
    assert is_found(content, SpecificCharacterSet="ISO_IR 100")


def test_a_declared_charset() -> None:
    changes = {"SpecificCharacterSet": "ISO_IR 144", "PatientName": "Люксембург"}
    assert is_found(b"..." + "Люксембург".encode("iso8859_5"), **changes)
    assert not is_found(b"..." + "Люксембург".encode("koi8_r"), **changes)


@pytest.mark.parametrize(
    "content", [b"P-47110", b"[p-47110]", b"ST. GALL", b"19700203", b"1970-02-03", b"03.02.1970"]
)
def test_other_identifiers(content: bytes) -> None:
    assert is_found(b"\0" + content + b"\0")


def test_uids() -> None:
    dataset = ultrasound(PIXELS)
    found = Identifiers.of_dataset(dataset)
    uid = str(dataset.SOPInstanceUID).encode()
    with pytest.raises(NodulensError, match="SOP Instance UID"):
        found.check(io.BytesIO(b"\0" + uid + b"\0"), "x.dcm", 200)
    found.check(io.BytesIO(b"\0" + uid + b".1\0" + dataset.SOPClassUID.encode()), "x.dcm", 200)


@pytest.mark.parametrize("content", [b"xhansen", b"Hansa", b"P-471101", b"119700203.5", b"Maker"])
def test_parts_of_other_words_are_none(content: bytes) -> None:
    assert not is_found(b"\0" + content + b"\0")


def test_short_values_are_left_alone() -> None:
    assert not is_found(b"US A1 1", AccessionNumber="A1", InstitutionName="US", StudyID="1")


def test_within_pixels_only_long_ones() -> None:
    assert is_found(b"\0" * 100 + b"p-47110", noise=0)
    assert not is_found(b"\0" * 100 + b"hans", noise=0)
    assert not is_found(b"0" * 100, noise=0, PatientID="0000000")


def test_where_two_chunks_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nodulens.dicom.self_check._CHUNK", 64)
    for before in range(50, 70):
        assert is_found(b"\0" * before + b"P-47110" + b"\0" * 80, noise=0)


def test_nested_and_private() -> None:
    dataset = ultrasound(PIXELS)
    region = dataset.SequenceOfUltrasoundRegions[0]
    region.private_block(0x0021, "ACME", create=True).add_new(1, "PN", "Hidden^Name")
    region.StationName = "ROOM-12"
    found = Identifiers.of_dataset(dataset)
    assert found.tell("seen in room-12")
    assert found.tell("HIDDEN")
    assert not found.tell("Scanner")


def test_a_station_that_is_called_like_its_model_is_none() -> None:
    assert not identifiers(StationName="SCANNER").tell("Scanner")
    assert identifiers(StationName="Scanner 4").tell("scanner 4")


def test_our_own_words_are_none() -> None:
    assert not identifiers(PatientName="Profile^Clean").tell("Basic Profile")


def test_a_picture_s_metadata_and_name() -> None:
    picture, stream, info = Image.new("L", (4, 4)), io.BytesIO(), PngInfo()
    info.add_text("Comment", "seen by Dr. Weissenberger\nroom 7")
    exif = Image.Exif()
    exif[0x010E] = "Rosenkavalier"
    exif.get_ifd(0x8769)[0x9286] = "Zerbinetta"
    picture.save(stream, "PNG", pnginfo=info, exif=exif)
    found = Identifiers.of_picture(stream, "PNG", "clinic/Marschallin_Marie")
    for word in ("seen by Dr. Weissenberger", "Rosenkavalier", "Marschallin", "clinic"):
        assert found.tell(word)
    with pytest.raises(NodulensError, match="metadata"):
        found.check(io.BytesIO(b"\x89PNG rosenkavalier"), "x.png", 0)


def test_a_damaged_picture_has_at_least_a_name() -> None:
    assert len(Identifiers.of_picture(io.BytesIO(b"\x89PNG"), "PNG", "Marschallin")) == 1
