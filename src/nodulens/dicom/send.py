"""Results to an archive, by C-STORE (pynetdicom) or by STOW-RS (dicomweb-client)."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from nodulens.dicom.receive import check_title
from nodulens.errors import NodulensError

TIMEOUT = 30.0
"""Seconds to wait for the archive."""


class Unreachable(NodulensError):
    """The archive is not there, or wants nothing at all from the node; no object is to blame."""


class Archive(Protocol):
    """Where results go."""

    def send(self, paths: Sequence[Path]) -> Iterator[tuple[Path, str | None]]:
        """Send DICOM files of one study.

        Yields:
            Each file when it was answered, and why it was refused; None where it was stored.

        Raises:
            Unreachable: before all were answered.
        """

    def __str__(self) -> str:
        """Say where it is, for people."""


@dataclass(frozen=True)
class Forward:
    """A storage SCP; all files of one call go through one association.

    Attributes:
        title: its AE title.
        host: its name or address.
        port: its port.
        calling: AE title that the node calls itself.
    """

    title: str
    host: str
    port: int
    calling: str

    @classmethod
    def parse(cls, text: str, calling: str) -> Forward:
        """Read ``AE@HOST:PORT``.

        Raises:
            NodulensError: it is no such thing.
        """
        title, _, place = text.partition("@")
        host, _, port = place.rpartition(":")
        if not host or not (port.isdecimal() and 0 < int(port) < 2**16):
            raise NodulensError(f"{text!r}: no archive; give AE@HOST:PORT, as in PACS@10.0.0.5:104")
        check_title(title)
        return cls(title, host.strip("[]"), int(port), calling)

    def __str__(self) -> str:
        """Return ``AE@HOST:PORT``."""
        return f"{self.title}@{self.host}:{self.port}"

    def send(self, paths: Sequence[Path]) -> Iterator[tuple[Path, str | None]]:
        """Send files by C-STORE (DICOM PS3.4, annex B); see :class:`Archive`.

        A warning, as of elements that the archive changed, is success: the object is stored.
        """
        from pydicom import dcmread
        from pydicom.uid import ImplicitVRLittleEndian
        from pynetdicom import AE
        from pynetdicom.status import code_to_category

        entity = AE(self.calling)
        entity.connection_timeout = entity.acse_timeout = TIMEOUT
        entity.dimse_timeout = entity.network_timeout = TIMEOUT
        metas = [dcmread(path, stop_before_pixels=True).file_meta for path in paths]
        kinds = {(meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID) for meta in metas}
        for sop_class, syntax in sorted(kinds):
            entity.add_requested_context(sop_class, syntax)
            if not syntax.is_encapsulated:
                # The one that every archive takes (DICOM PS3.5, 10.1).
                entity.add_requested_context(sop_class, ImplicitVRLittleEndian)
        association = entity.associate(self.host, self.port, ae_title=self.title)
        if not association.is_established:
            rejected = "it refuses the association" if association.is_rejected else "no answer"
            raise Unreachable(f"{self}: {rejected}; check the address, and that it knows this node")
        try:
            for path in paths:
                try:
                    answer = association.send_c_store(path)
                # What pynetdicom raises for a kind of object that was not agreed upon; and when
                # the association has ended since.
                except ValueError:
                    yield path, "the archive takes no objects of this kind"
                    continue
                except RuntimeError as error:
                    raise Unreachable(f"{self}: it ended the association") from error
                if "Status" not in answer:
                    raise Unreachable(f"{self}: it ended the association, or did not answer")
                stored = code_to_category(answer.Status) in ("Success", "Warning")
                yield path, None if stored else f"the archive refused it ({answer.Status:04X})"
        finally:
            if association.is_established:
                association.release()


@dataclass(frozen=True)
class Stow:
    """A DICOMweb service; all files of one call go in one request.

    Name and password, where it wants them, are taken from ``~/.netrc``, not from the command line,
    where everybody on the machine could read them.

    Attributes:
        url: of the service, below which ``studies`` is.
    """

    url: str

    @classmethod
    def parse(cls, text: str) -> Stow:
        """Check the address.

        Raises:
            NodulensError: it is no address of a web service, or holds a password.
        """
        parts = urllib.parse.urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NodulensError(
                f"{text!r}: no DICOMweb service; give its address, as in "
                "https://pacs.example/dicom-web"
            )
        if parts.username or parts.password:
            raise NodulensError(
                f"--stow for {parts.hostname}: name and password belong in ~/.netrc, not in the "
                "address"
            )
        return cls(text.rstrip("/"))

    def __str__(self) -> str:
        """Return the address."""
        return self.url

    def send(self, paths: Sequence[Path]) -> Iterator[tuple[Path, str | None]]:
        """Send files by STOW-RS (DICOM PS3.18, 10.5); see :class:`Archive`."""
        import requests
        from dicomweb_client.api import DICOMwebClient
        from pydicom import dcmread

        statuses: list[int] = []
        client = DICOMwebClient(
            self.url,
            timeout=TIMEOUT,
            callback=lambda response, *_, **__: statuses.append(response.status_code),
        )
        client.set_http_retry_params(retry=False)  # the queue tries again
        datasets = [dcmread(path) for path in paths]
        try:
            answer = client.store_instances(datasets)
        except requests.HTTPError as error:
            status = statuses[-1]
            # None of them was stored, for what they are (DICOM PS3.18, table 10.5.3-1).
            if status in (400, 409, 413, 415):
                for path in paths:
                    yield path, f"the archive refused it (HTTP status {status})"
                return
            raise Unreachable(f"{self}: it answers with HTTP status {status}") from error
        except (requests.ConnectionError, requests.Timeout) as error:
            raise Unreachable(f"{self}: no answer; check the address") from error
        # What the client raises for an answer that it cannot read.
        except Exception as error:
            raise Unreachable(f"{self}: it answers unlike a DICOMweb service") from error
        stored = {item.ReferencedSOPInstanceUID for item in answer.get("ReferencedSOPSequence", ())}
        refused = {
            item.ReferencedSOPInstanceUID: int(item.get("FailureReason") or 0)
            for item in answer.get("FailedSOPSequence", ())
        }
        for path, dataset in zip(paths, datasets, strict=True):
            uid = dataset.SOPInstanceUID
            if uid in refused:
                yield path, f"the archive refused it ({refused[uid]:04X})"
            # By 200 all are stored, also where the list of them is in a form unknown to the client.
            elif uid in stored or statuses[-1:] == [200]:
                yield path, None
            else:
                yield path, "the archive did not say that it stored it"
