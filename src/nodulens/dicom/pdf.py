"""A page about a frame for people, as DICOM Encapsulated PDF (PS3.3, A.45.1)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from highdicom import SOPClass
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian
from pydicom.valuerep import DA

import nodulens
from nodulens.dicom.sr import comments
from nodulens.dicom.subject import Subject
from nodulens.errors import NodulensError
from nodulens.finding import NOTICE, Nodule
from nodulens.pages import data_address, load_template
from nodulens.report.html import describe_nodule

_TITLE = "Thyroid nodules, measured by a program. Research use only."
_QUALITY = 90


def check_pdf() -> None:
    """Refuse to go on without the package that makes PDF.

    Raises:
        NodulensError: weasyprint is not installed.
    """
    if find_spec("weasyprint") is None:
        raise NodulensError("PDF needs weasyprint: pip install 'nodulens[pdf]'")


def make_document(subject: Subject, picture: Path) -> Dataset:
    """Make a PDF of one page or more with the picture, the numbers and the comments.

    Args:
        subject: with nodules or without.
        picture: file of what the page shows: the finding's overlay, or its strip.

    Returns:
        The data set, ready to be written.

    Raises:
        NodulensError: weasyprint is not installed.
    """
    content = render(subject, picture)
    header = subject.source.header
    document = SOPClass(
        study_instance_uid=header.StudyInstanceUID,
        sop_class_uid=EncapsulatedPDFStorage,
        modality="DOC",
        transfer_syntax_uid=ExplicitVRLittleEndian,
        patient_id=header.PatientID,
        patient_name=header.PatientName,
        patient_birth_date=header.PatientBirthDate,
        patient_sex=header.PatientSex,
        accession_number=header.AccessionNumber,
        study_id=header.StudyID,
        study_date=header.StudyDate,
        study_time=header.StudyTime,
        referring_physician_name=header.ReferringPhysicianName,
        specific_character_set=header.SpecificCharacterSet,
        **subject.arguments("document"),
    )
    document.copy_patient_and_study_information(header)
    document.ConversionType = "WSD"
    # It names the patient.
    document.BurnedInAnnotation = "YES"
    document.AcquisitionDateTime = ""
    source = subject.reference()
    # References from a document have no frame; the page names it.
    source.pop("ReferencedFrameNumber", None)
    document.SourceInstanceSequence = [source]
    document.DocumentTitle = _TITLE
    document.ConceptNameCodeSequence = []
    document.MIMETypeOfEncapsulatedDocument = "application/pdf"
    document.EncapsulatedDocumentLength = len(content)
    document.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    return subject.finish(document)


def render(subject: Subject, picture: Path) -> bytes:
    """Return the page as PDF; arguments and errors as for :func:`make_document`."""
    check_pdf()
    from weasyprint import HTML

    header, finding = subject.source.header, subject.finding
    with Image.open(picture) as shown:
        address = data_address(shown.convert("RGB"), _QUALITY)
    place = "the whole image" if subject.is_whole_image else f"frame {finding.frame + 1}"
    page = load_template(Path(__file__).with_name("document.html.j2")).render(
        notice=NOTICE,
        title=_TITLE,
        facts=[
            ("Patient", _name(header.PatientName)),
            ("Patient ID", header.PatientID),
            ("Date of birth", _date(header.PatientBirthDate)),
            ("Study", header.get("StudyDescription", "")),
            ("Study date", _date(header.StudyDate)),
            ("Accession number", header.AccessionNumber),
            ("Image", f"{header.SOPInstanceUID}, {place}"),
        ],
        picture=address,
        nodules=[_row(subject, nodule) for nodule in finding.nodules],
        # The notice stands above.
        comments=comments(finding)[1:],
        models=finding.models,
        version=nodulens.__version__,
        made=f"{subject.made:%Y-%m-%d %H:%M}",
    )
    return bytes(HTML(string=page).write_pdf())


def _row(subject: Subject, nodule: Nodule) -> dict[str, Any]:
    return {**describe_nodule(nodule), "name": subject.tracking_id(nodule)}


def _name(name: Any) -> str:
    return str(name).replace("^", " ").strip()


def _date(value: str) -> str:
    return f"{date:%Y-%m-%d}" if (date := DA(value)) else ""
