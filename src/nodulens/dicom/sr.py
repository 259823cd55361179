"""What was found as a DICOM Structured Report: TID 1500, Measurement Report (PS3.16).

The IOD is Comprehensive SR (PS3.3, A.35.3): its spatial coordinates are pixels of the image, which
is what an outline on ultrasound is. Comprehensive 3D would only add coordinates in a frame of
reference, which ultrasound lacks, and fewer programs read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from highdicom import sr
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from nodulens.dicom import codes
from nodulens.dicom.subject import MANUFACTURER, Subject
from nodulens.finding import NOTICE, Finding, Malignancy, ModelIdentity, Nodule, TiRads

_CONTAINS = sr.RelationshipTypeValues.CONTAINS
_HAS_CONCEPT_MOD = sr.RelationshipTypeValues.HAS_CONCEPT_MOD


def make_report(subject: Subject, segmentation: Dataset | None = None) -> Dataset:
    """Make the report of a frame: a measurement group for the picture, and one for each nodule.

    The picture's group says how many nodules were outlined. A nodule's group has its outline, axes,
    area, what the classifier says of it, attributes, and TI-RADS; all of it is listed in
    ``docs/reference/dicom-objects.md``. The notice, the origin of the scale and the finding's notes
    are comments.

    Args:
        subject: with nodules or without.
        segmentation: of the same subject, as :func:`nodulens.dicom.seg.make_segmentation` made it;
            areas then refer to its segments.

    Returns:
        The data set, ready to be written.
    """
    finding = subject.finding
    groups: list[Any] = [_picture_group(subject)]
    groups += [_nodule_group(subject, nodule, segmentation) for nodule in finding.nodules]
    report = sr.MeasurementReport(
        observation_context=sr.ObservationContext(observer_device_context=_observer(subject)),
        procedure_reported=codes.PROCEDURE,
        imaging_measurements=groups,
        title=codes.REPORT_TITLE,
        language_of_content_item_and_descendants=sr.LanguageOfContentItemAndDescendants(
            sr.CodedConcept.from_code(codes.ENGLISH)
        ),
    )
    report[0].ContentSequence.extend(map(_comment, comments(finding)))
    evidence = [subject.source.header]
    if segmentation is not None:
        evidence.append(segmentation)
    return subject.finish(
        sr.ComprehensiveSR(
            evidence=evidence,
            content=report,
            is_complete=True,
            is_final=False,
            is_verified=False,
            coding_schemes=codes.schemes(),
            **subject.arguments("report", form_of(segmentation)),
        )
    )


def form_of(segmentation: Dataset | None) -> str:
    """Return what tells a report that refers to a segmentation from one that does not."""
    return "" if segmentation is None else str(segmentation.SOPInstanceUID)


def comments(finding: Finding) -> list[str]:
    """Return what a reader of a result must know besides the numbers, in sentences.

    Args:
        finding: about a frame.
    """
    said = [NOTICE]
    if not finding.nodules:
        said.append("No nodule was outlined. This does not mean that there is none.")
    scale = finding.scale
    if scale.mm_per_px_xy is None:
        said.append(
            _sentence(f"The scale is unknown, so sizes are in pixels{_because(scale.note)}")
        )
    else:
        x, y = scale.mm_per_px_xy
        said.append(
            _sentence(
                f"Scale: {x:.4g} mm a pixel along rows, {y:.4g} along columns, "
                f"from {scale.origin}, confidence {scale.confidence:.2f}{_because(scale.note)}"
            )
        )
    if finding.text is not None and finding.text.used is not None:
        said.append(f"Outlined with the words: {finding.text.used}")
    said += [_sentence(f"Note: {note}") for note in finding.notes]
    return said


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


def _because(note: str | None) -> str:
    return f": {note}" if note else ""


def _observer(subject: Subject) -> sr.ObserverContext:
    device = subject.device
    models = ", ".join(f"{model.name} {model.version}" for model in subject.finding.models)
    return sr.ObserverContext(
        observer_type=sr.CodedConcept.from_code(codes.DEVICE),
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=device["uid"],
            name=f"Nodulens with {models}",
            manufacturer_name=MANUFACTURER,
            model_name=device["model_name"],
            serial_number=device["serial_number"],
        ),
    )


def _picture_group(subject: Subject) -> sr.MeasurementsAndQualitativeEvaluations:
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(subject.uid("report", "picture"), "Picture"),
        algorithm_id=_algorithm(subject.segmenter),
        finding_sites=[_site(subject)],
        measurements=[sr.Measurement(codes.COUNT, len(subject.finding.nodules), codes.NO_UNITS)],
        source_images=[sr.SourceImageForMeasurementGroup(*_image(subject), subject.frame_numbers)],
    )


def _nodule_group(
    subject: Subject, nodule: Nodule, segmentation: Dataset | None
) -> sr.PlanarROIMeasurementsAndQualitativeEvaluations:
    judged: list[sr.Measurement] = []
    evaluated = [_evaluation("shape", "taller than wide" if nodule.taller_than_wide else _WIDER)]
    remarks: list[str] = []
    if nodule.malignancy is not None:
        judged += _suspicion(nodule.malignancy, subject.classifier)
        evaluated += _verdict(nodule.malignancy)
        remarks.append(
            "The calibrated probability is of this, in the classifier's own words: "
            f"{nodule.malignancy.meaning}."
        )
    for name, attribute in (nodule.attributes or {}).items():
        evaluated.append(_evaluation(name, attribute.value))
        # Of what counts for TI-RADS; a dozen values of next to no probability would hide it.
        judged += [
            _of_value(name, value, attribute.probabilities[value], subject.classifier)
            for value in attribute.possible
        ]
    if nodule.tirads is not None:
        judged += _points(nodule.tirads)
        evaluated += _levels(nodule.tirads)
        remarks += [
            f"ACR TI-RADS, of predicted attributes: {note}." for note in nodule.tirads.notes
        ]
        if nodule.tirads.missing:
            remarks.append(f"Not known for ACR TI-RADS: {', '.join(nodule.tirads.missing)}.")
    group = sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(
            subject.tracking_uid(nodule), subject.tracking_id(nodule)
        ),
        referenced_region=sr.ImageRegion(
            sr.GraphicTypeValues.POLYLINE,
            outline_points(nodule),
            sr.SourceImageForRegion(*_image(subject), subject.frame_numbers),
        ),
        finding_category=codes.ABNORMAL,
        finding_type=codes.THYROID_NODULE,
        finding_sites=[_site(subject)],
        algorithm_id=_algorithm(subject.segmenter),
        measurements=[*_sizes(nodule, segmentation), *judged],
        qualitative_evaluations=evaluated,
    )
    group[0].ContentSequence.extend(map(_comment, remarks))
    return group


_WIDER = "wider than tall"


def outline_points(nodule: Nodule) -> NDArray[np.float64]:
    """Return a nodule's outer outline as DICOM counts pixels, (N, 2), the first point again last.

    In DICOM the corner of the first pixel is (0, 0) and its centre (0.5, 0.5) (PS3.3, C.18.6.1.1);
    in a finding its centre is (0, 0).
    """
    points = np.asarray(nodule.contour[0], np.float64) + 0.5
    return np.concatenate([points, points[:1]])


def _image(subject: Subject) -> tuple[str, str]:
    return subject.source.header.SOPClassUID, subject.source.header.SOPInstanceUID


def _site(subject: Subject) -> sr.FindingSite:
    side = subject.source.laterality
    return sr.FindingSite(codes.THYROID, None if side is None else codes.SIDES[side])


def _algorithm(model: ModelIdentity) -> sr.AlgorithmIdentification:
    return sr.AlgorithmIdentification(model.name, model.version, [f"sha256={model.sha256}"])


def _sizes(nodule: Nodule, segmentation: Dataset | None) -> Iterator[sr.Measurement]:
    long, short, area = nodule.long_axis_mm, nodule.short_axis_mm, nodule.area_mm2
    length, surface = codes.MILLIMETRE, codes.SQUARE_MILLIMETRE
    if long is None or short is None or area is None:
        long, short, area = nodule.long_axis_px, nodule.short_axis_px, nodule.area_px
        length = surface = codes.PIXELS
    yield sr.Measurement(codes.LONG_AXIS, long, length)
    yield sr.Measurement(codes.SHORT_AXIS, short, length)
    counted = sr.Measurement(codes.AREA, area, surface)
    if segmentation is not None:
        # A group has one region (TID 1410), here the outline; the segment is what the area was
        # counted in (TID 300, inferred from).
        segment = sr.ImageContentItem(
            codes.SOURCE_OF_MEASUREMENT,
            segmentation.SOPClassUID,
            segmentation.SOPInstanceUID,
            referenced_segment_numbers=nodule.id,
            relationship_type=sr.RelationshipTypeValues.INFERRED_FROM,
        )
        _add(counted, segment)
    yield counted
    yield sr.Measurement(codes.CONFIDENCE, nodule.confidence, codes.NO_UNITS)


def _suspicion(malignancy: Malignancy, model: ModelIdentity | None) -> Iterator[sr.Measurement]:
    assert model is not None  # somebody said it
    yield sr.Measurement(
        codes.SUSPICION, malignancy.probability, codes.NO_UNITS, algorithm_id=_algorithm(model)
    )
    yield sr.Measurement(codes.THRESHOLD, malignancy.threshold, codes.NO_UNITS)


def _verdict(malignancy: Malignancy) -> Iterator[sr.QualitativeEvaluation]:
    yield sr.QualitativeEvaluation(codes.DECISION, codes.word_code(malignancy.decision))
    if malignancy.defer is not None:
        yield sr.QualitativeEvaluation(codes.DEFERRED, codes.YES if malignancy.defer else codes.NO)


def _evaluation(attribute: str, value: str) -> sr.QualitativeEvaluation:
    return sr.QualitativeEvaluation(
        codes.attribute_code(attribute), codes.value_code(attribute, value)
    )


def _of_value(
    attribute: str, value: str, probability: float, model: ModelIdentity | None
) -> sr.Measurement:
    """Return the probability of one value of an attribute; which, its modifier says (TID 300)."""
    assert model is not None  # somebody said it
    measurement = sr.Measurement(
        codes.ATTRIBUTE_PROBABILITY, probability, codes.NO_UNITS, algorithm_id=_algorithm(model)
    )
    modifier = sr.CodeContentItem(
        codes.attribute_code(attribute), codes.value_code(attribute, value), _HAS_CONCEPT_MOD
    )
    _add(measurement, modifier)
    return measurement


def _points(tirads: TiRads) -> Sequence[sr.Measurement]:
    return [
        sr.Measurement(name, points, codes.NO_UNITS)
        for name, points in zip(
            (codes.POINTS_LEAST, codes.POINTS_GREATEST), tirads.points, strict=True
        )
    ]


def _levels(tirads: TiRads) -> Iterator[sr.QualitativeEvaluation]:
    for level in tirads.levels:
        yield _own(codes.LEVEL, level)
    for recommendation in tirads.recommendations or []:
        yield _own(codes.RECOMMENDATION, recommendation)


def _own(name: Code, word: str) -> sr.QualitativeEvaluation:
    return sr.QualitativeEvaluation(name, codes.word_code(word))


def _comment(text: str) -> sr.TextContentItem:
    return sr.TextContentItem(codes.COMMENT, text, _CONTAINS)


def _add(measurement: sr.Measurement, item: sr.ContentItem) -> None:
    if "ContentSequence" not in measurement[0]:
        measurement[0].ContentSequence = sr.ContentSequence()
    measurement[0].ContentSequence.append(item)
