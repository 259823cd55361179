from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    MPEG2MPML,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)

from nodulens.dicom.intake import (
    CANNOT_UNDERSTAND,
    CLASS_NOT_SUPPORTED,
    SOP_CLASSES,
    NotTaken,
    identify,
    split_file,
    transfer_syntaxes,
)
from tests.dicom.ultrasound import save, ultrasound

PIXELS = np.zeros((16, 20), np.uint8)


def encoded(dataset: Dataset, syntax: Any = ExplicitVRLittleEndian) -> io.BytesIO:
    stream = io.BytesIO()
    implicit, little = syntax.is_implicit_VR, syntax.is_little_endian
    del dataset.file_meta
    dataset.save_as(stream, implicit_vr=implicit, little_endian=little)
    stream.seek(0)
    return stream


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian]
)
@pytest.mark.parametrize("pixels", [PIXELS, np.stack([PIXELS] * 2)])
def test_ultrasound_is_known_in_every_encoding(syntax: Any, pixels: Any) -> None:
    dataset = ultrasound(pixels)
    identity = identify(encoded(dataset, syntax), syntax)
    assert identity.sop_class == dataset.SOPClassUID
    assert identity.instance == dataset.SOPInstanceUID
    assert identity.study == dataset.StudyInstanceUID


def test_retired_ultrasound_is_taken() -> None:
    for sop_class in ("1.2.840.10008.5.1.4.1.1.6", "1.2.840.10008.5.1.4.1.1.3"):
        dataset = ultrasound(PIXELS, SOPClassUID=sop_class)
        assert identify(encoded(dataset), ExplicitVRLittleEndian).sop_class == sop_class


def test_a_secondary_capture_is_taken_where_it_is_ultrasound() -> None:
    dataset = ultrasound(PIXELS, SOPClassUID=SecondaryCaptureImageStorage)
    assert identify(encoded(dataset), ExplicitVRLittleEndian).sop_class in SOP_CLASSES
    dataset = ultrasound(PIXELS, SOPClassUID=SecondaryCaptureImageStorage, Modality="OT")
    with pytest.raises(NotTaken, match="not marked as ultrasound") as caught:
        identify(encoded(dataset), ExplicitVRLittleEndian)
    assert caught.value.status == CLASS_NOT_SUPPORTED


@pytest.mark.parametrize("sop_class", [CTImageStorage, SegmentationStorage])
def test_other_objects_are_not_taken(sop_class: str) -> None:
    dataset = ultrasound(PIXELS, SOPClassUID=sop_class)
    with pytest.raises(NotTaken, match="no ultrasound") as caught:
        identify(encoded(dataset), ExplicitVRLittleEndian)
    assert caught.value.status == CLASS_NOT_SUPPORTED


@pytest.mark.parametrize(
    ("content", "syntax", "message"),
    [
        (b"", ExplicitVRLittleEndian, "without SOP instance"),
        (b"nothing of the kind", ExplicitVRLittleEndian, "damaged|without"),
        (b"", DeflatedExplicitVRLittleEndian, "deflated"),
    ],
)
def test_what_is_damaged_is_not_taken(content: bytes, syntax: Any, message: str) -> None:
    with pytest.raises(NotTaken, match=message) as caught:
        identify(io.BytesIO(content), syntax)
    assert caught.value.status == CANNOT_UNDERSTAND


def test_pixels_are_not_touched() -> None:
    stream = encoded(ultrasound(np.zeros((512, 512), np.uint8)))
    identify(stream, ExplicitVRLittleEndian)
    assert stream.tell() < 2000


def test_a_file_is_split_where_its_data_set_begins(tmp_path: Path) -> None:
    dataset = ultrasound(PIXELS)
    content = save(tmp_path / "a.dcm", dataset).read_bytes()
    syntax, begin = split_file(content)
    assert syntax == ExplicitVRLittleEndian
    assert content[begin : begin + 8] == encoded(dataset).read(8)


def test_what_is_no_dicom_file_is_not_taken(tmp_path: Path) -> None:
    content = save(tmp_path / "a.dcm", ultrasound(PIXELS)).read_bytes()
    private = content.replace(b"1.2.840.10008.1.2.1\0", b"1.2.999.10008.1.2.1\0")
    for changed, message in (
        (b"words", "no DICOM file"),
        (content[:140], "damaged"),
        (private, "private transfer syntax"),
    ):
        with pytest.raises(NotTaken, match=message):
            split_file(changed)


def test_what_can_be_decoded_is_offered() -> None:
    offered = transfer_syntaxes()
    usual = {ImplicitVRLittleEndian, ExplicitVRLittleEndian, JPEGBaseline8Bit, JPEG2000Lossless}
    assert usual | {RLELossless, ExplicitVRBigEndian} <= set(offered)
    assert {DeflatedExplicitVRLittleEndian, MPEG2MPML} & set(offered) == set()
