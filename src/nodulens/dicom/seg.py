"""Outlines as DICOM Segmentation (PS3.3, A.51) and Label Map Segmentation (A.100)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import highdicom
import numpy as np
from highdicom.color import CIELabColor
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from scipy import ndimage

from nodulens.dicom import codes
from nodulens.dicom.subject import MANUFACTURER, Subject, hashed_uid
from nodulens.finding import Finding, Nodule
from nodulens.report.overlay import colour_of

Segmentation = Literal["binary", "fractional", "labelmap"]


def make_segmentation(
    subject: Subject,
    masks: Sequence[NDArray[np.bool_]],
    form: Segmentation = "binary",
    probabilities: NDArray[np.uint8] | None = None,
) -> Dataset:
    """Make the segmentation of a frame: one segment a nodule, one source frame.

    Rows and columns are the source's, pixel for pixel. There is no frame of reference, so there
    are neither Plane Position and Orientation nor Pixel Measures; each frame's Derivation Image
    item says which source frame it belongs to, as the standard asks for then (PS3.3, A.51.5).
    Pixel Measures might have the spacing where it is known, but highdicom reads none without a
    Slice Thickness, and that of an ultrasound picture nobody knows; sizes in millimetres are in
    the report (:mod:`nodulens.dicom.sr`).

    Args:
        subject: with at least one nodule.
        masks: of the finding's nodules in their order, bool (H, W).
        form: ``binary`` has a bit a pixel; ``fractional`` the segmenter's probability in 255ths, of
            each pixel in the segment of the nearest nodule in its scan area; ``labelmap`` the
            number of the segment, of the newer SOP class that fewer programs read.
        probabilities: uint8 (H, W), 0 to 255 for 0 to 1; for ``fractional``.

    Returns:
        The data set, ready to be written.
    """
    finding = subject.finding
    stacked = np.stack(masks, axis=-1)
    pixels: NDArray[Any]
    if form == "fractional":
        assert probabilities is not None
        pixels = nearest_shares(finding, stacked, probabilities)[None]
    elif form == "labelmap":
        numbers = np.arange(1, len(masks) + 1, dtype=np.uint16)
        pixels = (stacked * numbers).max(axis=-1)
    else:
        pixels = stacked[None]
    segmentation = highdicom.seg.Segmentation(
        source_images=[subject.source.header],
        pixel_array=pixels,
        segmentation_type=form.upper(),
        segment_descriptions=[
            _describe(subject, nodule, number) for number, nodule in enumerate(finding.nodules, 1)
        ],
        omit_empty_frames=False,
        content_label="NODULES",
        content_description="Thyroid nodules outlined by a network. Research use only.",
        **subject.arguments("segmentation", form),
    )
    segmentation.PatientOrientation = subject.source.header.PatientOrientation
    segmentation.SourceImageSequence = [subject.reference()]
    for frame in segmentation.PerFrameFunctionalGroupsSequence:
        frame.DerivationImageSequence[0].SourceImageSequence[0].update(subject.reference())
    # highdicom makes a new one each time.
    organization = hashed_uid("dimensions", segmentation.SOPInstanceUID)
    segmentation.DimensionOrganizationSequence[0].DimensionOrganizationUID = organization
    for dimension in segmentation.DimensionIndexSequence:
        dimension.DimensionOrganizationUID = organization
    return subject.finish(segmentation)


def nearest_shares(
    finding: Finding, masks: NDArray[np.bool_], probabilities: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Give each pixel's probability to the nearest nodule of its scan area.

    Args:
        finding: its scan areas, and the nodules' areas.
        masks: bool (H, W, N).
        probabilities: uint8 (H, W), 0 to 255 for 0 to 1.

    Returns:
        Shares from 0 to 1, (H, W, N): of each pixel at most one is not 0, and none in scan areas
        without a nodule.
    """
    shares = np.zeros(masks.shape)
    for index, area in enumerate(finding.scan_areas):
        mine = [n for n, nodule in enumerate(finding.nodules) if nodule.scan_area == index]
        if not mine:
            continue
        inside = masks[area.slices][..., mine]
        rows, columns = ndimage.distance_transform_edt(
            ~inside.any(axis=-1), return_distances=False, return_indices=True
        )
        nearest = inside[rows, columns]
        shares[(*area.slices, mine)] = nearest * (probabilities[area.slices][..., None] / 255)
    return shares


def _describe(subject: Subject, nodule: Nodule, number: int) -> highdicom.seg.SegmentDescription:
    model = subject.segmenter
    description = highdicom.seg.SegmentDescription(
        segment_number=number,
        segment_label=subject.tracking_id(nodule),
        segmented_property_category=codes.ABNORMAL,
        segmented_property_type=codes.NODULE,
        algorithm_type="AUTOMATIC",
        algorithm_identification=highdicom.AlgorithmIdentificationSequence(
            name=model.name,
            family=codes.ARTIFICIAL_INTELLIGENCE,
            version=model.version,
            source=MANUFACTURER,
            parameters={"sha256": model.sha256},
        ),
        tracking_uid=subject.tracking_uid(nodule),
        tracking_id=subject.tracking_id(nodule),
        anatomic_regions=[codes.THYROID],
        display_color=CIELabColor.from_rgb(*colour_of(nodule)),
    )
    description.SegmentDescription = (
        f"Thyroid nodule as {model.name} {model.version} outlines it. Research use only."
    )
    if subject.source.laterality is not None:
        side = codes.SIDES[subject.source.laterality]
        description.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = [
            highdicom.sr.CodedConcept.from_code(side)
        ]
    return description
