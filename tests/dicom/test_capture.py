from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from nodulens.dicom.capture import make_capture
from nodulens.dicom.subject import Subject
from nodulens.report.overlay import colour_of, draw_overlay
from tests.dicom.subjects import MADE, source, subject
from tests.dicom.verify import dcmtk, faults
from tests.report.findings import SHAPE


def write(folder: Path, one: Subject) -> Path:
    path = folder / "capture.dcm"
    make_capture(one).save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize("frames", [None, 3])
def test_it_is_the_overlay_at_the_frame_s_own_size(tmp_path: Path, frames: int | None) -> None:
    one = subject(source(tmp_path, frames=frames), frame=2 if frames else 0)
    path = write(tmp_path, one)
    assert faults(path) == []
    dataset = dcmread(path)
    height, width = SHAPE
    assert dataset.Columns == width
    drawn = dataset.pixel_array
    assert np.array_equal(drawn, draw_overlay(one.source.pixels(0), one.finding, 1.0))
    colours = {tuple(value) for value in drawn[:height].reshape(-1, 3).tolist()}
    assert {colour_of(nodule) for nodule in one.finding.nodules} <= colours
    (reference,) = dataset.SourceImageSequence
    assert reference.ReferencedSOPInstanceUID == one.source.header.SOPInstanceUID
    assert reference.get("ReferencedFrameNumber") == (3 if frames else None)
    assert "Research use only" in dataset.DerivationDescription
    assert dataset.DateOfSecondaryCapture == f"{MADE:%Y%m%d}"
    assert "RGB" in dcmtk("dcmdump", path)


def test_what_the_source_s_pixels_hold_is_said_of_the_picture(tmp_path: Path) -> None:
    one = subject(
        source(
            tmp_path, BurnedInAnnotation="NO", LossyImageCompression="01",
            LossyImageCompressionRatio=8, LossyImageCompressionMethod="ISO_10918_1",
            Laterality="L",
        )
    )  # fmt: skip
    path = write(tmp_path, one)
    assert faults(path) == []
    dataset = dcmread(path)
    assert dataset.BurnedInAnnotation == "NO"
    assert dataset.LossyImageCompression == "01"
    assert dataset.LossyImageCompressionRatio == 8
    assert dataset.Laterality == "L"
    # Nobody said, so nobody knows.
    assert "BurnedInAnnotation" not in make_capture(subject(source(tmp_path / "b")))


def test_without_a_nodule_it_says_so(tmp_path: Path) -> None:
    one = subject(source(tmp_path), nodules=[])
    assert faults(write(tmp_path, one)) == []
    assert make_capture(one).Rows > SHAPE[0]
