from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import highdicom
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from nodulens.dicom import codes
from nodulens.dicom.seg import make_segmentation
from nodulens.dicom.sr import comments, make_report, outline_points
from nodulens.dicom.subject import Subject
from nodulens.finding import NOTICE, Scale
from nodulens.measure.outline import outline
from tests.dicom.subjects import judged, source, subject
from tests.dicom.verify import dcmtk, faults
from tests.masks import rectangle

PLANAR = highdicom.sr.PlanarROIMeasurementsAndQualitativeEvaluations


def write(path: Path, one: Subject, segmentation: Dataset | None = None) -> Path:
    make_report(one, segmentation).save_as(path, enforce_file_format=True)
    return path


def with_all(folder: Path, **changes: object) -> Subject:
    one = subject(source(folder, **changes))
    return replace(one, finding=judged(one.finding))


def segmentation_of(one: Subject) -> Dataset:
    return make_segmentation(one, [nodule.pixels for nodule in one.finding.nodules])


def groups(path: Path) -> list[PLANAR]:
    found = highdicom.sr.srread(path).content.get_planar_roi_measurement_groups()
    return sorted(found, key=lambda group: group.tracking_identifier)


def numbers(group: PLANAR) -> dict[Code, tuple[float, str]]:
    return {
        Code(m.name.value, m.name.scheme_designator, m.name.meaning): (m.value, m.unit.value)
        for m in group.get_measurements()
    }


def answers(group: PLANAR, name: Code) -> list[str]:
    return [one.value.meaning for one in group.get_qualitative_evaluations(name)]


def texts(path: Path) -> list[str]:
    return [str(item.TextValue) for item in walk(dcmread(path)) if item.ValueType == "TEXT"]


def walk(item: Dataset) -> list[Dataset]:
    return [item, *(deeper for one in item.get("ContentSequence", []) for deeper in walk(one))]


def test_it_conforms_with_everything_that_can_be_said(tmp_path: Path) -> None:
    one = with_all(tmp_path, frames=3)
    path = write(tmp_path / "sr.dcm", one, segmentation_of(one))
    assert faults(path) == []
    shown = dcmtk("dsrdump", path)
    assert "Imaging Measurement Report" in shown
    assert "Solid or almost completely solid" in shown


def test_sizes_and_estimates_come_back_as_they_were(tmp_path: Path) -> None:
    one = with_all(tmp_path)
    for group, nodule in zip(
        groups(write(tmp_path / "sr.dcm", one)), one.finding.nodules, strict=True
    ):
        said = numbers(group)
        assert said[codes.LONG_AXIS] == (pytest.approx(nodule.long_axis_mm), "mm")
        assert said[codes.SHORT_AXIS] == (pytest.approx(nodule.short_axis_mm), "mm")
        assert said[codes.AREA] == (pytest.approx(nodule.area_mm2), "mm2")
        assert nodule.malignancy is not None
        assert said[codes.SUSPICION] == (nodule.malignancy.probability, "1")
        assert said[codes.THRESHOLD] == (nodule.malignancy.threshold, "1")
        assert said[codes.CONFIDENCE] == (nodule.confidence, "1")
        assert answers(group, codes.DECISION) == [nodule.malignancy.decision]
        assert group.tracking_uid == one.tracking_uid(nodule)
        assert group.finding_type == codes.THYROID_NODULE
        assert group.finding_category == codes.ABNORMAL
        assert group.finding_sites[0].value == codes.THYROID


def test_attributes_and_tirads_come_back_as_they_were(tmp_path: Path) -> None:
    path = write(tmp_path / "sr.dcm", with_all(tmp_path))
    first, second = groups(path)
    said = numbers(first)
    assert (said[codes.POINTS_LEAST][0], said[codes.POINTS_GREATEST][0]) == (2, 9)
    assert answers(first, codes.LEVEL) == ["TR2", "TR3"]
    assert answers(first, codes.RECOMMENDATION) == ["none", "follow-up"]
    assert answers(first, codes.DEFERRED) == ["Yes"]
    assert answers(first, codes.attribute_code("composition")) == [
        "Solid or almost completely solid"
    ]
    assert answers(first, codes.attribute_code("shape")) == ["Wider-than-tall"]
    assert answers(second, codes.attribute_code("shape")) == ["Taller-than-wide"]
    assert answers(second, codes.LEVEL) == answers(second, codes.DEFERRED) == []
    probabilities = {
        item.value.meaning: measured.value
        for measured in first.get_measurements(codes.ATTRIBUTE_PROBABILITY)
        for item in measured[0].ContentSequence
        if item.ValueType == "CODE"
    }
    assert probabilities == {
        "Solid or almost completely solid": 0.6, "predominantly solid": 0.3
    }  # fmt: skip
    assert "Not known for ACR TI-RADS: margin." in texts(path)


def test_the_outline_is_on_the_image_where_the_nodule_is(tmp_path: Path) -> None:
    one = subject(source(tmp_path, frames=3), frame=1)
    for group, nodule in zip(
        groups(write(tmp_path / "sr.dcm", one)), one.finding.nodules, strict=True
    ):
        region = group.roi
        assert region.graphic_type == highdicom.sr.GraphicTypeValues.POLYLINE
        assert region.value == pytest.approx(outline_points(nodule))
        assert np.array_equal(region.value[0], region.value[-1])
        (reference,) = region.ContentSequence[0].ReferencedSOPSequence
        assert reference.ReferencedSOPInstanceUID == one.source.header.SOPInstanceUID
        assert reference.ReferencedSOPClassUID == one.source.sop_class
        assert reference.ReferencedFrameNumber == 2


def test_coordinates_count_from_the_corner_of_the_first_pixel(tmp_path: Path) -> None:
    mask = rectangle(0, 2, 3, 1, (4, 5))
    nodule = subject(source(tmp_path)).finding.nodules[0]
    contour = [[(x, y) for x, y in outline(mask).tolist()]]
    points = outline_points(nodule.model_copy(update={"contour": contour}))
    # The mask's pixels reach from x = 0 to 3 and from y = 2 to 3; the outline bends at their edges.
    assert points.min(axis=0).tolist() == [0, 2]
    assert points.max(axis=0).tolist() == [3, 3]


def test_without_a_scale_sizes_are_in_pixels_and_it_says_why(tmp_path: Path) -> None:
    one = subject(source(tmp_path), scale=Scale.unknown("nobody wrote it down"))
    nodules = [
        nodule.model_copy(update={"long_axis_mm": None, "short_axis_mm": None, "area_mm2": None})
        for nodule in one.finding.nodules
    ]
    one = replace(one, finding=one.finding.model_copy(update={"nodules": nodules}))
    path = write(tmp_path / "sr.dcm", one)
    assert faults(path) == []
    said = numbers(groups(path)[0])
    assert said[codes.LONG_AXIS] == (pytest.approx(nodules[0].long_axis_px), "{pixels}")
    assert said[codes.AREA] == (nodules[0].area_px, "{pixels}")
    assert "The scale is unknown, so sizes are in pixels: nobody wrote it down." in texts(path)


@pytest.mark.parametrize("whole", [False, True])
def test_without_a_nodule_it_says_so(tmp_path: Path, whole: bool) -> None:
    one = subject(source(tmp_path, frames=2), whole=whole, nodules=[], frame=0)
    path = write(tmp_path / "sr.dcm", one)
    assert faults(path) == []
    assert groups(path) == []
    (group,) = highdicom.sr.srread(path).content.get_image_measurement_groups()
    assert numbers(group)[codes.COUNT] == (0, "1")
    (image,) = [item for item in walk(dcmread(path)) if item.ValueType == "IMAGE"]
    assert image.ReferencedSOPSequence[0].get("ReferencedFrameNumber") == (None if whole else 1)
    assert any("No nodule was outlined" in text for text in texts(path))


def test_areas_refer_to_the_segments_they_were_counted_in(tmp_path: Path) -> None:
    one = with_all(tmp_path)
    segmentation = segmentation_of(one)
    path = write(tmp_path / "sr.dcm", one, segmentation)
    for number, group in enumerate(groups(path), 1):
        (area,) = group.get_measurements(codes.AREA)
        (reference,) = area[0].ContentSequence[0].ReferencedSOPSequence
        assert reference.ReferencedSOPInstanceUID == segmentation.SOPInstanceUID
        assert reference.ReferencedSegmentNumber == number
        assert group.tracking_uid == segmentation.SegmentSequence[number - 1].TrackingUID
    (study,) = dcmread(path).CurrentRequestedProcedureEvidenceSequence
    kept = {
        instance.ReferencedSOPInstanceUID
        for series in study.ReferencedSeriesSequence
        for instance in series.ReferencedSOPSequence
    }
    assert kept == {segmentation.SOPInstanceUID, one.source.header.SOPInstanceUID}
    alone = make_report(one)
    assert alone.SOPInstanceUID != dcmread(path).SOPInstanceUID


def test_it_says_who_speaks_and_that_nobody_has_checked(tmp_path: Path) -> None:
    one = with_all(tmp_path)
    path = write(tmp_path / "sr.dcm", one)
    dataset = dcmread(path)
    assert (dataset.CompletionFlag, dataset.VerificationFlag, dataset.PreliminaryFlag) == (
        "COMPLETE", "UNVERIFIED", "PRELIMINARY"
    )  # fmt: skip
    said = texts(path)
    assert NOTICE in said
    assert "Nodulens with outliner 1.0, judge 2.0" in said
    assert {f"sha256={'1' * 64}", f"sha256={'2' * 64}"} <= set(said)
    assert any("in the classifier's own words: made up" in text for text in said)
    content = highdicom.sr.srread(path).content
    (observer,) = content.get_observer_contexts()
    assert observer.observer_identifying_attributes.uid == one.device["uid"]
    (language,) = [
        item for item in walk(dataset)
        if item.get("ConceptNameCodeSequence", [Dataset()])[0].get("CodeValue") == "121049"
    ]  # fmt: skip
    assert language.ConceptCodeSequence[0].CodeValue == "en"
    (scheme,) = dataset.CodingSchemeIdentificationSequence
    assert scheme.CodingSchemeDesignator == codes.PRIVATE


def test_comments_tell_of_scale_and_notes(tmp_path: Path) -> None:
    scale = Scale.known(0.1, 0.2, "depth-ruler", 0.9, "read to the pixel")
    said = comments(subject(source(tmp_path), scale=scale, notes=["frame 1 of 2"]).finding)
    assert said[1:] == [
        "Scale: 0.1 mm a pixel along rows, 0.2 along columns, from depth-ruler, confidence 0.90: "
        "read to the pixel.",
        "Note: frame 1 of 2.",
    ]
