from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from nodulens.dicom import pdf
from nodulens.dicom.subject import Subject
from nodulens.errors import NodulensError
from nodulens.finding import NOTICE
from tests.dicom.subjects import judged, source, subject
from tests.dicom.verify import faults
from tests.pictures import save

weasyprint = pytest.importorskip("weasyprint", reason="PDF needs the [pdf] extra")


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    return save(tmp_path / "overlay.jpg", np.full((40, 60, 3), 90, np.uint8))


@pytest.fixture
def one(tmp_path: Path) -> Subject:
    made = subject(source(tmp_path, frames=3, PatientName="Müller^<b>Zoë"), frame=1)
    return replace(made, finding=judged(made.finding))


def test_it_conforms_and_holds_a_pdf(tmp_path: Path, one: Subject, overlay: Path) -> None:
    path = tmp_path / "document.dcm"
    pdf.make_document(one, overlay).save_as(path, enforce_file_format=True)
    assert faults(path) == []
    dataset = dcmread(path)
    content = dataset.EncapsulatedDocument[: dataset.EncapsulatedDocumentLength]
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    assert dataset.MIMETypeOfEncapsulatedDocument == "application/pdf"
    assert "Research use only" in dataset.DocumentTitle
    (reference,) = dataset.SourceInstanceSequence
    assert reference.ReferencedSOPInstanceUID == one.source.header.SOPInstanceUID
    assert reference.ReferencedSOPClassUID == one.source.sop_class
    # It names the patient.
    assert dataset.BurnedInAnnotation == "YES"


def test_the_page_has_the_words_and_numbers(
    one: Subject, overlay: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[str] = []
    real = weasyprint.HTML

    def keep(string: str) -> object:
        pages.append(string)
        return real(string=string)

    monkeypatch.setattr(weasyprint, "HTML", keep)
    assert pdf.render(one, overlay).startswith(b"%PDF-")
    (page,) = pages
    for words in (
        NOTICE, "NL-0001", "1970-02-03", "2024-02-29", "frame 2", "Nodule 1", "Nodule 2",
        "TR2 to TR3", "2–9 points", "deferred", "outliner 1.0", "Probability of: made up",
        "Müller &lt;b&gt;Zoë", "data:image/jpeg;base64,",
    ):  # fmt: skip
        assert words in page, words
    assert f"{one.finding.nodules[0].long_axis_mm:.1f} ×" in page


def test_without_a_nodule_the_page_says_so(
    tmp_path: Path, overlay: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Kept:
        def __init__(self, string: str) -> None:
            self.string = string

        def write_pdf(self) -> bytes:
            return self.string.encode()

    monkeypatch.setattr(weasyprint, "HTML", Kept)
    none = subject(source(tmp_path / "cine", frames=2), whole=True, nodules=[])
    page = pdf.render(none, overlay).decode()
    assert "No nodule was outlined" in page
    assert "the whole image" in page


def test_without_weasyprint_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "find_spec", lambda name: None)
    with pytest.raises(NodulensError, match=r"pip install 'nodulens\[pdf\]'"):
        pdf.check_pdf()
