"""The overlay as a DICOM Secondary Capture image (PS3.3, A.8.1), for viewers that show no more."""

from __future__ import annotations

import highdicom
import numpy as np
from highdicom.sc import ConversionTypeValues, SCImage
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from pydicom.valuerep import DA, TM

from nodulens.dicom.source import OF_PIXELS
from nodulens.dicom.subject import Subject
from nodulens.report.overlay import draw_overlay


def make_capture(subject: Subject) -> Dataset:
    """Draw outlines and numbers on the frame and make a picture of it.

    The frame keeps its size, pixel for pixel; below it a strip has the numbers, and that it is for
    research use only. Pixel Spacing is left out, for the strip has none. Burned In Annotation and
    lossy compression are as the source states them: what is drawn identifies nobody, what was in
    the source's pixels is still there.

    Args:
        subject: with nodules or without.

    Returns:
        The data set, ready to be written.

    Raises:
        UnreadableFile: the frame's pixels cannot be decoded.
    """
    source, finding = subject.source, subject.finding
    drawn = draw_overlay(source.pixels(finding.frame), finding, 1.0)
    capture = SCImage.from_ref_dataset(
        source.header,
        np.asarray(drawn),
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system=highdicom.CoordinateSystemNames.PATIENT,
        # highdicom wants one; the source's own, which is mostly unknown, replaces it below.
        patient_orientation=("L", "F"),
        transfer_syntax_uid=ExplicitVRLittleEndian,
        **subject.arguments("capture"),
    )
    capture.PatientOrientation = source.header.PatientOrientation
    # Of a series it can only be left, right or unknown.
    capture.Laterality = source.laterality if source.laterality in ("L", "R") else ""
    capture.ConversionType = ConversionTypeValues.WSD.value
    capture.DateOfSecondaryCapture = DA(subject.made.date())
    capture.TimeOfSecondaryCapture = TM(subject.made.time())
    capture.SourceImageSequence = [subject.reference()]
    capture.DerivationDescription = "Outlines of thyroid nodules drawn on it. Research use only."
    for name in OF_PIXELS:
        if name in source.header:
            capture.add(source.header[name])
    return subject.finish(capture)
