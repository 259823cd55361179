from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.uid import SegmentationStorage

from nodulens.dicom.seg import Segmentation, make_segmentation, nearest_shares
from nodulens.dicom.subject import Subject
from nodulens.finding import Area, Scale
from tests.dicom.subjects import MADE, source, subject
from tests.dicom.verify import faults
from tests.report.findings import SHAPE

LABEL_MAP_STORAGE = "1.2.840.10008.5.1.4.1.1.66.7"
FORMS: list[Segmentation] = ["binary", "fractional", "labelmap"]


def hooks() -> list[NDArray[np.bool_]]:
    """Return two masks that no turning or mirroring brings onto themselves or each other."""
    first, second = np.zeros(SHAPE, np.bool_), np.zeros(SHAPE, np.bool_)
    first[10:60, 20:30] = first[50:60, 20:70] = first[10:13, 20:37] = True
    second[70:113, 131:140] = second[70:75, 131:190] = True
    return [first, second]


def write(folder: Path, one: Subject, form: Segmentation = "binary", shares: Any = None) -> Path:
    path = folder / f"{form}.dcm"
    made = make_segmentation(one, hooks()[: len(one.finding.nodules)], form, shares)
    made.save_as(path, enforce_file_format=True)
    return path


def bits(path: Path) -> NDArray[np.bool_]:
    """Unpack a binary segmentation by the letter of PS3.5, 8.1.1: first pixel in the lowest bit."""
    dataset = dcmread(path)
    count = int(dataset.NumberOfFrames) * dataset.Rows * dataset.Columns
    flat = [dataset.PixelData[n // 8] >> (n % 8) & 1 for n in range(count)]
    return np.array(flat, np.bool_).reshape(-1, dataset.Rows, dataset.Columns)


@pytest.mark.parametrize("frames", [None, 4])
@pytest.mark.parametrize("form", FORMS)
def test_it_conforms_and_is_about_exactly_the_frame(
    tmp_path: Path, form: Segmentation, frames: int | None
) -> None:
    image = source(tmp_path, frames=frames)
    one = subject(image, frame=2 if frames else 0)
    path = write(tmp_path, one, form, np.full(SHAPE, 128, np.uint8))
    assert faults(path) == []
    dataset = dcmread(path)
    labelmap = form == "labelmap"
    assert dataset.SOPClassUID == (LABEL_MAP_STORAGE if labelmap else SegmentationStorage)
    assert (dataset.Rows, dataset.Columns) == SHAPE
    assert dataset.NumberOfFrames == (1 if labelmap else 2)
    references = [
        frame.DerivationImageSequence[0].SourceImageSequence[0]
        for frame in dataset.PerFrameFunctionalGroupsSequence
    ] + [dataset.SourceImageSequence[0]]
    for reference in references:
        assert reference.ReferencedSOPInstanceUID == image.header.SOPInstanceUID
        assert reference.ReferencedSOPClassUID == image.sop_class
        assert reference.get("ReferencedFrameNumber") == (3 if frames else None)
    (series,) = dataset.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == image.header.SeriesInstanceUID
    assert "ReferencedFrameNumber" not in series.ReferencedInstanceSequence[0]
    assert (dataset.PatientID, dataset.StudyInstanceUID) == (
        "NL-0001",
        image.header.StudyInstanceUID,
    )


def test_masks_come_back_by_highdicom_and_by_hand(tmp_path: Path) -> None:
    path = write(tmp_path, subject(source(tmp_path)))
    assert np.array_equal(bits(path), hooks())
    image = highdicom.seg.segread(path)
    (frames,) = image.get_pixels_by_source_instance(
        [image.SourceImageSequence[0].ReferencedSOPInstanceUID], combine_segments=False
    )
    assert np.array_equal(np.moveaxis(frames, -1, 0) > 0, hooks())


def test_a_frame_s_masks_come_back_by_its_number(tmp_path: Path) -> None:
    path = write(tmp_path, subject(source(tmp_path, frames=4), frame=2))
    image = highdicom.seg.segread(path)
    uid = image.SourceImageSequence[0].ReferencedSOPInstanceUID
    (frames,) = image.get_pixels_by_source_frame(uid, [3], combine_segments=False)
    assert np.array_equal(np.moveaxis(frames, -1, 0) > 0, hooks())


def test_a_labelmap_has_each_segment_s_number(tmp_path: Path) -> None:
    dataset = dcmread(write(tmp_path, subject(source(tmp_path)), "labelmap"))
    first, second = hooks()
    assert np.array_equal(dataset.pixel_array, first + 2 * second)
    assert [item.SegmentNumber for item in dataset.SegmentSequence] == [0, 1, 2]


def test_a_fraction_is_the_probability_of_the_nearest_nodule(tmp_path: Path) -> None:
    shares = np.random.default_rng(1).integers(0, 256, SHAPE, np.uint8)
    dataset = dcmread(write(tmp_path, subject(source(tmp_path)), "fractional", shares))
    assert (dataset.SegmentationFractionalType, dataset.MaximumFractionalValue) == (
        "PROBABILITY", 255
    )  # fmt: skip
    first, second = dataset.pixel_array
    assert np.array_equal(first.astype(int) + second, shares)
    assert not (first.astype(bool) & second.astype(bool)).any()
    for own, mask in zip((first, second), hooks(), strict=True):
        assert np.array_equal(own[mask], shares[mask])
    # Beside the one, far from the other.
    assert first[0, 0] == shares[0, 0]
    assert second[-1, -1] == shares[-1, -1]


def test_a_nodule_gets_no_pixels_of_another_scan_area(tmp_path: Path) -> None:
    areas = [Area(x=0, y=0, width=75, height=120), Area(x=75, y=0, width=50, height=120)]
    areas.append(Area(x=125, y=0, width=75, height=120))
    said = subject(source(tmp_path), scan_areas=areas).finding
    nodules = [said.nodules[0], said.nodules[1].model_copy(update={"scan_area": 2})]
    said = said.model_copy(update={"nodules": nodules})
    got = nearest_shares(said, np.stack(hooks(), -1), np.full(SHAPE, 255, np.uint8))
    assert got[:, :75, 0].all()
    assert not got[:, 75:, 0].any()
    assert got[:, 125:, 1].all()
    assert not got[:, :125, 1].any()


@pytest.mark.parametrize("scale", [Scale.known(0.1, 0.2, "user"), Scale.unknown()])
def test_no_place_in_the_patient_is_invented(tmp_path: Path, scale: Scale) -> None:
    image = source(tmp_path, FrameOfReferenceUID="1.2.3", PixelSpacing=[0.3, 0.3])
    dataset = make_segmentation(subject(image, scale=scale), hooks())
    assert not {element.keyword for element in dataset.iterall()} & {
        "FrameOfReferenceUID", "PlanePositionSequence", "PlaneOrientationSequence",
        "ImagePositionPatient", "ImageOrientationPatient", "SliceThickness", "PixelSpacing",
    }  # fmt: skip


def test_a_segment_says_what_it_is_and_who_made_it(tmp_path: Path) -> None:
    one = subject(source(tmp_path, ImageLaterality="R"))
    first, second = make_segmentation(one, hooks()).SegmentSequence
    assert first.SegmentedPropertyTypeCodeSequence[0].CodeMeaning == "Nodule"
    region = first.AnatomicRegionSequence[0]
    assert region.CodeMeaning == "Thyroid"
    assert region.AnatomicRegionModifierSequence[0].CodeMeaning == "Right"
    algorithm = first.SegmentationAlgorithmIdentificationSequence[0]
    assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("outliner", "1.0")
    assert algorithm.AlgorithmParameters == f"sha256={'1' * 64}"
    assert "Research use only" in first.SegmentDescription
    assert [first.TrackingUID, second.TrackingUID] == [
        one.tracking_uid(nodule) for nodule in one.finding.nodules
    ]
    assert first.RecommendedDisplayCIELabValue != second.RecommendedDisplayCIELabValue


def test_no_side_is_said_where_none_is_known(tmp_path: Path) -> None:
    (first, _) = make_segmentation(subject(source(tmp_path)), hooks()).SegmentSequence
    assert "AnatomicRegionModifierSequence" not in first.AnatomicRegionSequence[0]


def test_made_twice_it_is_the_same(tmp_path: Path) -> None:
    one = subject(source(tmp_path))
    first = write(tmp_path, one).read_bytes()
    assert write(tmp_path, one).read_bytes() == first
    later = dcmread(write(tmp_path, replace(one, made=MADE.replace(year=2025))))
    before = dcmread(BytesIO(first))
    assert {element.keyword for element in later if before[element.tag] != element} == {
        "ContentDate", "InstanceCreationDate", "ContributingEquipmentSequence"
    }  # fmt: skip


def test_a_source_of_a_class_that_has_been_retired(tmp_path: Path) -> None:
    retired = "1.2.840.10008.5.1.4.1.1.6"
    one = subject(source(tmp_path, SOPClassUID=retired))
    dataset = make_segmentation(one, hooks())
    assert dataset.SourceImageSequence[0].ReferencedSOPClassUID == retired
