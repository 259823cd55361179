from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ComprehensiveSRStorage,
    CTImageStorage,
    ExplicitVRLittleEndian,
    SegmentationStorage,
    generate_uid,
)

from nodulens.dicom.send import Forward, Stow, Unreachable
from nodulens.errors import NodulensError
from tests.dicom.orthanc import Orthanc
from tests.dicom.pacs import QUIET, Archive, free_port

pytestmark = QUIET


@pytest.fixture
def archive() -> Iterator[Archive]:
    with Archive() as archive:
        yield archive


def write(folder: Path, *sop_classes: str) -> list[Path]:
    paths = []
    for number, sop_class in enumerate(sop_classes):
        dataset = Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = sop_class
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.3", "1.2.3.4"
        dataset.PatientID = "NL-0001"
        paths.append(folder / f"{number}.dcm")
        dataset.save_as(paths[-1], enforce_file_format=True)
    return paths


def to(archive: Archive) -> Forward:
    return Forward.parse(archive.address, "NODULENS")


def test_files_go_through_one_association(archive: Archive, tmp_path: Path) -> None:
    paths = write(tmp_path, SegmentationStorage, ComprehensiveSRStorage)
    assert list(to(archive).send(paths)) == [(path, None) for path in paths]
    assert archive.associations == 1
    assert [dataset.PatientID for dataset in archive.received] == ["NL-0001"] * 2


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (0xB000, None),
        (0xA700, "the archive refused it (A700)"),
        (0x0124, "the archive refused it (0124)"),
    ],
)
def test_a_warning_is_success_and_a_refusal_is_told(
    archive: Archive, tmp_path: Path, status: int, refusal: str | None
) -> None:
    archive.status = status
    [path] = write(tmp_path, SegmentationStorage)
    assert list(to(archive).send([path])) == [(path, refusal)]


def test_one_kind_that_is_not_taken_costs_no_other(archive: Archive, tmp_path: Path) -> None:
    first, second = write(tmp_path, CTImageStorage, ComprehensiveSRStorage)
    assert list(to(archive).send([first, second])) == [
        (first, "the archive takes no objects of this kind"),
        (second, None),
    ]


def test_an_archive_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    paths = write(tmp_path, SegmentationStorage)
    with pytest.raises(Unreachable, match="no answer"):
        list(Forward("PACS", "127.0.0.1", free_port(), "NODULENS").send(paths))


def test_an_archive_that_wants_nothing_is_unreachable(archive: Archive, tmp_path: Path) -> None:
    archive._entity.require_calling_aet = ["SOMEBODY"]
    paths = write(tmp_path, SegmentationStorage)
    with pytest.raises(Unreachable, match="refuses the association"):
        list(to(archive).send(paths))


def test_what_was_stored_before_an_end_is_told(archive: Archive, tmp_path: Path) -> None:
    paths = write(tmp_path, SegmentationStorage, ComprehensiveSRStorage)

    def end(dataset: Dataset) -> int:
        if dataset.SOPClassUID == ComprehensiveSRStorage:
            for association in archive._entity.active_associations:
                association.abort()
        return 0x0000

    archive.status = end
    answers = to(archive).send(paths)
    assert next(answers) == (paths[0], None)
    with pytest.raises(Unreachable, match="ended the association"):
        next(answers)


@pytest.mark.parametrize("text", ["PACS", "PACS@host", "PACS@:104", "PACS@host:0", "@host:104"])
def test_what_is_no_archive_is_refused(text: str) -> None:
    with pytest.raises(NodulensError):
        Forward.parse(text, "NODULENS")


def test_addresses_are_read() -> None:
    forward = Forward.parse("PACS@[::1]:104", "NODULENS")
    assert (forward.title, forward.host, forward.port) == ("PACS", "::1", 104)
    assert str(Stow.parse("https://pacs.example/dicom-web/")) == "https://pacs.example/dicom-web"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("pacs.example", "no DICOMweb service"),
        ("ftp://pacs.example", "no DICOMweb service"),
        ("https://me:secret@pacs.example", "netrc"),
    ],
)
def test_what_is_no_web_address_is_refused(url: str, message: str) -> None:
    with pytest.raises(NodulensError, match=message) as caught:
        Stow.parse(url)
    assert "secret" not in str(caught.value)


class Web:
    """A DICOMweb service that answers as it is told."""

    def __init__(self) -> None:
        self.status, self.type, self.body = 200, "application/dicom+json", b"{}"
        self.requests: list[tuple[str, bytes]] = []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                web.requests.append((self.path, self.rfile.read(length)))
                self.send_response(web.status)
                self.send_header("Content-Type", web.type)
                self.end_headers()
                self.wfile.write(web.body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/dicom-web"


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    yield web
    web.server.shutdown()
    web.server.server_close()


def uid_of(path: Path) -> str:
    from pydicom import dcmread

    return str(dcmread(path).SOPInstanceUID)


def answer(stored: list[Path], failed: list[tuple[Path, int]]) -> bytes:
    dataset = Dataset()
    dataset.ReferencedSOPSequence, dataset.FailedSOPSequence = [], []
    for path in stored:
        item = Dataset()
        item.ReferencedSOPInstanceUID = uid_of(path)
        dataset.ReferencedSOPSequence.append(item)
    for path, reason in failed:
        item = Dataset()
        item.ReferencedSOPInstanceUID, item.FailureReason = uid_of(path), reason
        dataset.FailedSOPSequence.append(item)
    return dataset.to_json().encode()


def test_files_go_in_one_web_request(web: Web, tmp_path: Path) -> None:
    paths = write(tmp_path, SegmentationStorage, ComprehensiveSRStorage)
    web.body = answer(paths, [])
    assert list(Stow(web.url).send(paths)) == [(path, None) for path in paths]
    [(address, body)] = web.requests
    assert address == "/dicom-web/studies"
    assert all(uid_of(path).encode() in body for path in paths)


def test_a_web_service_refuses_some(web: Web, tmp_path: Path) -> None:
    first, second, third = write(tmp_path, *[ComprehensiveSRStorage] * 3)
    web.status, web.body = 202, answer([first], [(second, 0xC000)])
    assert list(Stow(web.url).send([first, second, third])) == [
        (first, None),
        (second, "the archive refused it (C000)"),
        (third, "the archive did not say that it stored it"),
    ]


def test_a_web_service_need_not_list_what_it_stored(web: Web, tmp_path: Path) -> None:
    [path] = write(tmp_path, ComprehensiveSRStorage)
    web.type, web.body = "text/plain", b"thanks"
    assert list(Stow(web.url).send([path])) == [(path, None)]


def test_a_web_service_refuses_all(web: Web, tmp_path: Path) -> None:
    [path] = write(tmp_path, ComprehensiveSRStorage)
    web.status = 409
    assert list(Stow(web.url).send([path])) == [(path, "the archive refused it (HTTP status 409)")]


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (503, b"", "HTTP status 503"),
        (401, b"", "HTTP status 401"),
        (200, b"no JSON", "unlike a DICOMweb service"),
    ],
)
def test_a_web_service_out_of_order_is_unreachable(
    web: Web, tmp_path: Path, status: int, body: bytes, message: str
) -> None:
    web.status, web.body = status, body
    with pytest.raises(Unreachable, match=message):
        list(Stow(web.url).send(write(tmp_path, ComprehensiveSRStorage)))
    assert len(web.requests) == 1


def test_a_web_service_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="no answer"):
        list(Stow(f"http://127.0.0.1:{free_port()}").send(write(tmp_path, SegmentationStorage)))


@pytest.mark.parametrize("web", [True, False])
def test_a_real_archive_stores_what_comes_twice_once(
    orthanc: Orthanc, tmp_path: Path, web: bool
) -> None:
    orthanc.clear()
    paths = write(tmp_path, SegmentationStorage, ComprehensiveSRStorage)
    archive = (
        Stow(orthanc.web) if web else Forward("ORTHANC", "127.0.0.1", orthanc.port, "NODULENS")
    )
    for _ in range(2):
        assert list(archive.send(paths)) == [(path, None) for path in paths]
    assert len(orthanc.ask("/instances")) == 2
    orthanc.clear()
