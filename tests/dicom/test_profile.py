from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread, dcmwrite
from pydicom.datadict import (
    DicomDictionary,
    dictionary_VR,
    keyword_for_tag,
    repeater_has_tag,
    tag_for_keyword,
)
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from nodulens.dicom.profile import METHOD, PrivateTag, Profile, actions, confidential, identity_of
from nodulens.dicom.pseudonym import Pseudonyms
from nodulens.errors import NodulensError
from tests.dicom.ultrasound import ultrasound

PSEUDONYMS = Pseudonyms(b"k" * 32)
PIXELS = np.zeros((8, 8), np.uint8)
MARKER = "ZQXVJ"
UID = "1.2.276.0.7230010.987654321"


def never(text: str) -> bool:
    return False


def clean(dataset: Dataset, *private: str) -> Dataset:
    return Profile(PSEUDONYMS, [PrivateTag.parse(text) for text in private]).clean(dataset, never)


def bytes_of(dataset: Dataset) -> bytes:
    stream = io.BytesIO()
    dcmwrite(stream, dataset, implicit_vr=False, little_endian=True)
    return stream.getvalue()


def bytes_of_element(dataset: Dataset, tag: int) -> bytes:
    one = Dataset()
    if tag in dataset:
        one[tag] = dataset[tag]
    return bytes_of(one)


def planted(vr: str) -> object:
    """Return a value of a kind that carries the marker, or a number where it cannot."""
    if vr == "SQ":
        item = Dataset()
        item.PatientComments, item.PersonName, item.RequestedProcedureID = MARKER, MARKER, MARKER
        item.add_new(0x00091001, "LO", MARKER)
        return Sequence([item])
    values = {
        "UI": UID, "DA": "19640312", "DT": "19640312101500", "TM": "101500", "AS": "095Y",
        "DS": "4711.25", "IS": "47110815", "AT": 0x00100010,
    }  # fmt: skip
    if vr in values:
        return values[vr]
    if vr in {"OB", "OW", "UN", "OD", "OF", "OL", "OV"}:
        return (MARKER + "!").encode() * 4
    if vr in {"US", "SS", "UL", "SL", "FD", "FL", "UV", "SV"}:
        return 17
    return MARKER


def tags() -> list[int]:
    """Return every tag of Table E.1-1, with a digit for each x."""
    return [int(tag.replace("x", "0"), 16) for tag in confidential()]


def everything() -> Dataset:
    dataset = ultrasound(PIXELS)
    for tag in tags():
        if tag >> 16 in (0x0000, 0x0002, 0x0004):
            continue  # no attributes of a data set
        known = tag in DicomDictionary or repeater_has_tag(tag)
        vr = dictionary_VR(tag).split(" or ")[0] if known else "UN"
        dataset.add_new(tag, vr, planted(vr))
    return dataset


def test_the_table_is_whole() -> None:
    table = confidential()
    assert len(table) == 655
    assert set(table.values()) == {
        "D", "Z", "X", "U", "Z/D", "X/Z", "X/D", "X/Z/D", "X/Z/U*"
    }  # fmt: skip
    assert table["00100010"] == "Z"
    assert table["00101010"] == "X"


def test_nothing_listed_survives() -> None:
    dataset = everything()
    assert sum(MARKER.encode() in bytes_of_element(dataset, tag) for tag in tags()) > 250
    result = clean(dataset)
    content = bytes_of(result)
    for secret in (MARKER, UID, "19640312", "4711", "095Y"):
        assert secret.encode() not in content
    for tag, action in confidential().items():
        number = int(tag.replace("x", "0"), 16)
        if number not in result:
            continue
        done = actions()[keyword_for_tag(number)]
        # What stays of the table is emptied, replaced, or moved as the option allows.
        assert done in ("pseudonym", "empty", "moved") or action in ("U", "X/Z/U*"), tag


def test_nothing_listed_survives_inside_of_sequences_that_stay() -> None:
    dataset = ultrasound(PIXELS)
    inner = everything()
    del inner.PixelData
    dataset.SequenceOfUltrasoundRegions[0].AnatomicRegionSequence = [inner]
    dataset.SequenceOfUltrasoundRegions[0].update(
        {one.tag: one for one in inner if one.tag != 0x00186011}
    )
    content = bytes_of(clean(dataset))
    for secret in (MARKER, UID, "19640312", "4711"):
        assert secret.encode() not in content


def test_no_kept_attribute_is_one_that_the_profile_takes_out() -> None:
    table = confidential()
    for keyword, action in actions().items():
        tag = tag_for_keyword(keyword)
        assert tag is not None, keyword
        listed = table.get(f"{tag:08X}")
        if action == "kept":
            assert listed in (None, "U", "X/Z/U*"), keyword
        elif action == "moved":
            assert dictionary_VR(tag) in ("DA", "DT", "TM"), keyword
            assert listed is not None
        elif listed is not None:
            assert "Z" in listed, keyword


def test_what_is_in_no_list_goes() -> None:
    dataset = ultrasound(PIXELS)
    dataset.ContrastBolusVolume = "12"
    dataset.add_new(0x00180099, "LO", MARKER)  # of no edition yet
    dataset.add_new(0x60020010, "US", 8)
    dataset.add_new(0x60023000, "OW", b"ZQXVJ!")
    dataset.add_new(0x50000005, "US", 1)
    dataset.ICCProfile, dataset.IconImageSequence = b"ZQXVJ!", []
    result = clean(dataset)
    for tag in (0x00181041, 0x00180099, 0x60020010, 0x60023000, 0x50000005, 0x00282000, 0x00880200):
        assert tag not in result


def test_says_what_was_done() -> None:
    result = clean(ultrasound(PIXELS))
    assert result.PatientIdentityRemoved == "YES"
    assert result.LongitudinalTemporalInformationModified == "MODIFIED"
    assert list(result.DeidentificationMethod) == list(METHOD)
    assert all(len(text) <= 64 for text in METHOD)
    codes = [item.CodeValue for item in result.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113101", "113103", "113107"]


def test_identity() -> None:
    result = clean(ultrasound(PIXELS, PatientID="4711", PatientAge="045Y"))
    pseudonym = PSEUDONYMS.patient("number 4711")
    assert result.PatientID == str(result.PatientName) == pseudonym
    for keyword in ("PatientBirthDate", "PatientSex", "AccessionNumber", "ReferringPhysicianName"):
        assert result[keyword].is_empty
    assert "PatientAge" not in result
    assert "StudyDescription" not in result


def test_unknown_patients_are_told_apart() -> None:
    one = ultrasound(PIXELS, PatientID="", PatientName="")
    other = ultrasound(PIXELS, PatientID="", PatientName="")
    assert identity_of(one) != identity_of(other)
    named = ultrasound(PIXELS, PatientID=" ", PatientName="A^B", PatientBirthDate="19700101")
    assert identity_of(named) == "name A^B 19700101"


DAYS = st.dates(date(1950, 1, 1), date(2040, 1, 1))


@given(DAYS, DAYS)
def test_intervals_are_kept(first: date, second: date) -> None:
    def moved(day: date) -> date:
        text = f"{day:%Y%m%d}"
        stamp = f"{text}101530.25+0100"
        result = clean(ultrasound(PIXELS, StudyDate=text, AcquisitionDateTime=stamp))
        assert result.AcquisitionDateTime == f"{result.StudyDate}101530.25"
        return date.fromisoformat(result.StudyDate)

    assert moved(first) - moved(second) == first - second
    assert 1 <= (first - moved(first)).days <= 3650


@pytest.mark.parametrize(
    ("value", "result"),
    [("2024.02.29", True), ("20240231", False), ("DOE JOHN", False), ("00010101", False)],
)
def test_dates_that_are_none_are_emptied(value: str, result: bool) -> None:
    dataset = ultrasound(PIXELS)
    dataset["StudyDate"]._value = value
    assert bool(clean(dataset).StudyDate) == result


def test_times_stay() -> None:
    dataset = ultrasound(PIXELS, StudyTime="235959.123")
    dataset["SeriesTime"]._value, dataset["ContentTime"]._value = "10:15:00", "DOE"
    result = clean(dataset)
    assert (result.StudyTime, result.SeriesTime, result.ContentTime) == ("235959.123", "101500", "")


def test_references_stay_consistent() -> None:
    first, second = ultrasound(PIXELS), ultrasound(PIXELS)
    item = Dataset()
    item.ReferencedSOPClassUID = first.SOPClassUID
    item.ReferencedSOPInstanceUID = first.SOPInstanceUID
    item.PatientComments = MARKER
    second.SourceImageSequence = [item]
    second.StudyInstanceUID = first.StudyInstanceUID
    one, two = clean(first), clean(second)
    reference = two.SourceImageSequence[0]
    assert reference.ReferencedSOPInstanceUID == one.SOPInstanceUID != first.SOPInstanceUID
    assert reference.ReferencedSOPClassUID == first.SOPClassUID
    assert one.StudyInstanceUID == two.StudyInstanceUID
    assert one.SeriesInstanceUID != two.SeriesInstanceUID


def test_what_is_needed_to_measure_stays() -> None:
    dataset = ultrasound(PIXELS, PixelSpacing=[0.1, 0.1], FrameTime="40")
    result = clean(dataset)
    assert result.SequenceOfUltrasoundRegions == dataset.SequenceOfUltrasoundRegions
    for keyword in ("Rows", "BitsStored", "PixelSpacing", "FrameTime", "Manufacturer", "Modality"):
        assert result[keyword].value == dataset[keyword].value


def test_words_that_repeat_an_identifier_go() -> None:
    dataset = ultrasound(PIXELS, Manufacturer="Doe Ultrasound", ImageType=["ORIGINAL", "DOE"])
    codes = [Dataset(), Dataset(), Dataset()]
    for code, scheme, meaning in zip(
        codes, ("SCT", "SCT", "99MINE"), ("Thyroid", "Doe", "room 3"), strict=True
    ):
        code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "1", scheme, meaning
    dataset.AnatomicRegionSequence = codes
    profile = Profile(PSEUDONYMS)
    result = profile.clean(dataset, lambda text: "doe" in text.casefold())
    assert result["Manufacturer"].is_empty
    assert result.ImageType == "ORIGINAL"
    assert [code.CodeMeaning for code in result.AnatomicRegionSequence] == ["Thyroid"]


def test_values_of_the_wrong_kind_go() -> None:
    dataset = ultrasound(PIXELS)
    dataset.add_new(0x00280030, "LO", MARKER)  # Pixel Spacing as words
    dataset["ImageType"]._value = "Doe, John"
    dataset.add_new(0x00181063, "DS", "40")
    dataset["FrameTime"]._value = "40 Doe"
    content = bytes_of(clean(dataset))
    assert MARKER.encode() not in content
    assert b"Doe" not in content


def private(dataset: Dataset, creator: str = "ACME 1.0") -> Dataset:
    block = dataset.private_block(0x0019, creator, create=True)
    block.add_new(0x10, "LO", "gain 3")
    block.add_new(0x11, "UI", UID)
    block.add_new(0x12, "LO", MARKER)
    return dataset


def test_private_attributes_go_unless_they_are_listed() -> None:
    assert not any(one.tag.is_private for one in clean(private(ultrasound(PIXELS))))
    both = private(private(ultrasound(PIXELS), "OTHER"))
    result = clean(both, "ACME 1.0:0019xx10", "ACME 1.0:0019xx11")
    block = result.private_block(0x0019, "ACME 1.0")
    assert block[0x10].value == "gain 3"
    assert block[0x11].value == PSEUDONYMS.uid(UID)
    assert 0x12 not in block
    assert result.private_creators(0x0019) == ["ACME 1.0"]
    assert MARKER.encode() not in bytes_of(result)


@pytest.mark.parametrize("text", ["ACME", "ACME:0019,10", "ACME:0018xx10", ":0019xx10"])
def test_no_private_attribute(text: str) -> None:
    with pytest.raises(NodulensError, match="CREATOR:GGGGxxEE"):
        PrivateTag.parse(text)


def test_pointers_lead_to_what_stays() -> None:
    dataset = ultrasound(np.zeros((2, 8, 8), np.uint8))
    assert clean(dataset).FrameIncrementPointer == 0x00181063
    dataset.FrameIncrementPointer = [0x00181063, 0x00540010]
    assert clean(dataset).FrameIncrementPointer == 0x00181063


def test_tables_of_a_big_endian_file_are_turned_round(tmp_path: Path) -> None:
    dataset = ultrasound(PIXELS, PhotometricInterpretation="PALETTE COLOR")
    for colour in ("Red", "Green", "Blue"):
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [2, 0, 16])
        setattr(dataset, f"{colour}PaletteColorLookupTableData", b"\x12\x34\x56\x78")
    path = tmp_path / "big.dcm"
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.2"
    dataset.save_as(path, implicit_vr=False, little_endian=False, enforce_file_format=True)
    result = clean(dcmread(path))
    assert result.RedPaletteColorLookupTableData == b"\x34\x12\x78\x56"


def test_segments_have_numbers_not_names() -> None:
    dataset = ultrasound(PIXELS, DeviceSerialNumber=MARKER)
    segment = Dataset()
    segment.SegmentNumber, segment.SegmentLabel = 3, MARKER
    dataset.SegmentSequence = [segment]
    result = clean(dataset)
    assert result.SegmentSequence[0].SegmentLabel == "Segment 3"
    assert result.DeviceSerialNumber == "removed"
    assert "DeviceSerialNumber" not in clean(ultrasound(PIXELS, DeviceSerialNumber=MARKER))


def test_the_reference_names_everything_that_stays() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "deidentification.md"
    named = set(re.findall(r"`([A-Za-z0-9]+)`", page.read_text("utf-8")))
    assert set(actions()) <= named
