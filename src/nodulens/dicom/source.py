"""The image that a result is about: its header, made safe to copy from, and its pixels."""

from __future__ import annotations

import contextlib
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import config
from pydicom.dataset import Dataset
from pydicom.uid import UltrasoundImageStorage
from pydicom.valuerep import DA, TM, validate_value

from nodulens.errors import UnreadableFile
from nodulens.frames import FrameFile
from nodulens.frames.dicom import quiet

_IDENTITY = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")
_GROUPS = (0x0008, 0x0010, 0x0012, 0x0020, 0x0032)
"""Where the patient, the clinical trial and the study are described."""
_NEEDED = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
    "StudyID", "AccessionNumber", "ReferringPhysicianName",
    "PatientOrientation",
)  # fmt: skip
"""Type 2 of the Patient, General Study and General Image Modules: there, if empty."""
OF_PIXELS = (
    "LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod",
    "BurnedInAnnotation", "RecognizableVisualFeatures",
)  # fmt: skip
"""Elements of a header that are true of every picture made from the image's pixels."""
_NOT_THE_PATIENT_S = ("FrameOfReferenceUID", "PositionReferenceIndicator")


@dataclass(frozen=True)
class SourceImage:
    """A DICOM image that was analyzed.

    Attributes:
        path: of its file.
        sha256: of its bytes.
        header: patient and study of the image, in UTF-8, with Rows and Columns; what is damaged in
            it is empty. Its SOP class is Ultrasound Image whatever the image's own, and it has
            neither a frame of reference nor a spacing, see :func:`read_source`.
        sop_class: the image's own SOP class.
        frames: number of its frames.
        laterality: side of the body, a key of :data:`nodulens.dicom.codes.SIDES`; None if not said.
    """

    path: Path
    sha256: str
    header: Dataset
    sop_class: str
    frames: int
    laterality: str | None

    def pixels(self, frame: int) -> NDArray[np.uint8]:
        """Return the grey values of a frame, uint8 (H, W), as the analysis saw them.

        Args:
            frame: from 0.

        Raises:
            UnreadableFile: they cannot be decoded, or the file was changed meanwhile.
        """
        with FrameFile(self.path) as file:
            _check(file, self.sha256)
            return file[frame].pixels


def read_source(path: Path, sha256: str | None) -> SourceImage | None:
    """Read an analyzed file again, if it is DICOM.

    highdicom writes segmentations of one frame of any image without a frame of reference, which
    ultrasound usually is, but not of one frame among several (``highdicom.image``, in
    ``_init_multiframe_image``), and it looks the image's SOP class up in its tables, which have no
    retired ones. So it is given a stand-in: an Ultrasound Image of one frame with the same
    identity. :meth:`nodulens.dicom.subject.Subject.finish` then puts the true SOP class and frame
    into every reference.

    A frame of reference is left out because a result with one would have to say where in the
    patient its planes lie (PS3.3, A.51.5), which nobody knows of a hand-held probe's picture.

    Args:
        path: of the file.
        sha256: what its bytes had when it was analyzed.

    Returns:
        The image; None if the file is no DICOM.

    Raises:
        UnreadableFile: it is gone, was changed since, is damaged, or lacks an identity.
    """
    if not path.is_file():
        raise UnreadableFile(
            f"{path}: is not there any more; results are written from the folder where the "
            "analysis ran, with the pictures in their places"
        )
    with FrameFile(path) as file, quiet():
        _check(file, sha256)
        dataset = file.header
        if dataset is None:
            return None
        missing = [name for name in _IDENTITY if not dataset.get(name)]
        if missing:
            raise UnreadableFile(
                f"{path}: has no {' and no '.join(missing)}, so that no result can refer to it; "
                "send it again from its archive"
            )
        return SourceImage(
            path=path,
            sha256=file.sha256,
            header=_stand_in(dataset),
            sop_class=str(dataset.SOPClassUID),
            frames=len(file),
            laterality=_laterality(dataset),
        )


def _check(file: FrameFile, sha256: str | None) -> None:
    if file.sha256 != sha256:
        raise UnreadableFile(f"{file.source}: was changed since it was analyzed; analyze it again")


def _stand_in(dataset: Dataset) -> Dataset:
    header = Dataset()
    if "SpecificCharacterSet" in dataset:
        header.SpecificCharacterSet = dataset.SpecificCharacterSet
    for group in _GROUPS:
        for tag in list(dataset.group_dataset(group).keys()):
            # Elements are parsed when they are asked for, and pydicom raises nearly anything then;
            # a damaged one must not cost the result.
            with contextlib.suppress(Exception):
                header.add(deepcopy(dataset[tag]))
    header.decode()
    header.SpecificCharacterSet = "ISO_IR 192"
    for name in _NOT_THE_PATIENT_S:
        header.pop(name, None)
    for name in OF_PIXELS:
        if name in dataset:
            header.add(deepcopy(dataset[name]))
    for name in _NEEDED:
        setattr(header, name, _valid(header, name))
    header.SOPClassUID = UltrasoundImageStorage
    header.Rows, header.Columns = dataset.Rows, dataset.Columns
    header.Modality = "US"
    return header


def _valid(header: Dataset, name: str) -> Any:
    """Return an element's value as the standard wants it now; empty where there is none such."""
    if name not in header or not header[name].value:
        return ""
    element = header[name]
    try:
        if element.VR == "DA":
            # Also as it was written before 1993, with dots.
            return f"{DA(element.value):%Y%m%d}"
        if element.VR == "TM":
            TM(element.value)
        else:
            validate_value(element.VR, element.value, config.RAISE)
    except (ValueError, TypeError):
        return ""
    return "" if name == "PatientSex" and element.value not in ("M", "F", "O") else element.value


def _laterality(dataset: Dataset) -> str | None:
    for name in ("ImageLaterality", "Laterality"):
        if dataset.get(name) in ("L", "R", "B"):
            return str(dataset.get(name))
    return None
