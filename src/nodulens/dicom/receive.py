"""The listener: C-STORE and C-ECHO from known peers, by pynetdicom.

An object is answered with success only when it is on the disk (:meth:`Queue.add`).
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nodulens.dicom.discretion import LOG, reason
from nodulens.dicom.intake import (
    MAX_OBJECT_BYTES,
    NOT_ITS_CLASS,
    SOP_CLASSES,
    NotTaken,
    identify,
    transfer_syntaxes,
)
from nodulens.dicom.queue import OtherContent, Queue
from nodulens.errors import NodulensError

if TYPE_CHECKING:
    from pynetdicom import AE

SUCCESS = 0x0000
OUT_OF_RESOURCES = 0xA700
PROCESSING_FAILURE = 0x0110
DUPLICATE = 0x0111
"""Statuses of a C-STORE response (DICOM PS3.4, B.2.3, and PS3.7, annex C)."""

MAX_ASSOCIATIONS = 5
"""At a time; each may hold an object of the largest size in memory while it comes."""
MAX_PDU = 2**17
"""Bytes of a protocol data unit that peers are told to keep to."""
_LONGEST_PDU = 2**20
"""Bytes of one that is read at all; some peers do not keep to it."""
TIMEOUT = 60.0
"""Seconds that a peer may be silent, within an object or between two."""


@dataclass(frozen=True)
class Peer:
    """Who may send.

    Attributes:
        title: its AE title.
        addresses: that it may send from; None for any.
    """

    title: str
    addresses: frozenset[str] | None = None

    @classmethod
    def parse(cls, text: str) -> Peer:
        """Read ``AE`` or ``AE@HOST``; a name is looked up once, now.

        Raises:
            NodulensError: it is no such thing, or the host is unknown.
        """
        title, at, host = text.partition("@")
        check_title(title)
        if not at:
            return cls(title)
        try:
            found = socket.getaddrinfo(host, None)
        except OSError as error:
            raise NodulensError(
                f"peer {text}: no address is known of {host!r}; give a name that is known here, "
                "or the address"
            ) from error
        return cls(title, frozenset(str(entry[4][0]) for entry in found))

    def is_calling(self, title: str, address: str) -> bool:
        """Tell whether an association comes from this peer."""
        return title == self.title and (self.addresses is None or address in self.addresses)


def check_title(title: str) -> None:
    """Refuse what is no AE title (DICOM PS3.5, 6.2: 1 to 16 characters, no backslash).

    Raises:
        NodulensError: it is none.
    """
    plain = title.isascii() and title.isprintable() and "\\" not in title
    if not (1 <= len(title) <= 16 and plain and title == title.strip()):
        raise NodulensError(
            f"{title!r}: no AE title; give 1 to 16 ASCII characters, without a backslash, and "
            "without spaces around"
        )


class Listener:
    """Take objects in from the network, from when it is made until it is closed.

    Args:
        queue: where they go.
        title: the node's own AE title, by which it must be called.
        host: address to listen at.
        port: 0 for any that is free.
        peers: who may send; nobody else is answered.
        received: called when a new object was taken in.
        timeout: seconds that a peer may be silent.

    Attributes:
        port: that it listens at.

    Raises:
        NodulensError: the port cannot be used.
    """

    def __init__(
        self,
        queue: Queue,
        title: str,
        host: str,
        port: int,
        peers: Sequence[Peer],
        *,
        received: Callable[[], object] = lambda: None,
        timeout: float = TIMEOUT,
    ) -> None:
        from pynetdicom import evt

        self._queue, self._peers, self._received = queue, peers, received
        self._timeout = timeout
        self._ae = _entity(title, timeout)
        handlers: list[Any] = [
            (evt.EVT_CONN_OPEN, self._limit),
            (evt.EVT_REQUESTED, self._check_peer),
            (evt.EVT_DIMSE_RECV, lambda event: event.assoc.dul.socket.recv.restart()),
            (evt.EVT_C_STORE, self._store),
        ]
        try:
            self._server = self._ae.start_server((host, port), block=False, evt_handlers=handlers)
        except (OSError, OverflowError) as error:
            raise NodulensError(
                f"{host}, port {port}: cannot listen there ({reason(error)}); give another --host "
                "or --port, or stop what uses it"
            ) from error
        assert self._server is not None
        assert self._server.socket is not None
        self.port = int(self._server.socket.getsockname()[1])

    def close(self, patience: float = 5.0) -> None:
        """Stop listening; objects that are coming have so many seconds to arrive."""
        assert self._server is not None
        self._server.shutdown()
        until = time.monotonic() + patience
        while self._ae.active_associations and time.monotonic() < until:
            time.sleep(0.05)
        self._ae.shutdown()

    def _limit(self, event: Any) -> None:
        """Bound what one connection may take of memory and of time."""
        connection = event.assoc.dul.socket
        # A peer that stops in the middle of a unit would be waited for without end.
        connection.socket.settimeout(self._timeout)
        connection.recv = _Gauge(connection.recv)

    def _check_peer(self, event: Any) -> None:
        requestor = event.assoc.requestor
        title, address = requestor.primitive.calling_ae_title, requestor.address
        if not any(peer.is_calling(title, address) for peer in self._peers):
            # Not by the name that it gives, which may be anything.
            LOG.warning("an unknown peer at %s was refused", address)
            # Permanent, by the service user: calling AE title not recognised (PS3.8, 9.3.4).
            event.assoc.acse.send_reject(0x01, 0x01, 0x03)
            event.assoc.kill()

    def _store(self, event: Any) -> int:
        peer = event.assoc.requestor.ae_title
        try:
            status, trouble = self._take(event)
        except Exception as error:
            status, trouble = PROCESSING_FAILURE, reason(error)
        if trouble is not None:
            LOG.warning("an object from %s was refused (%04X): %s", peer, status, trouble)
        return status

    def _take(self, event: Any) -> tuple[int, str | None]:
        request = event.request
        try:
            request.DataSet.seek(0)
            identity = identify(request.DataSet, event.context.transfer_syntax)
            asked = request.AffectedSOPClassUID, request.AffectedSOPInstanceUID
            if (identity.sop_class, identity.instance) != asked:
                return NOT_ITS_CLASS, "another object than its request says"
            data = request.DataSet.getbuffer()
            new = self._queue.add(identity, _header(event), data)
        except NotTaken as error:
            return error.status, str(error)
        except OtherContent as error:
            return DUPLICATE, str(error)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            return OUT_OF_RESOURCES if full else PROCESSING_FAILURE, reason(error)
        if new:
            self._received()
        return SUCCESS, None


def _entity(title: str, timeout: float) -> AE:
    from pynetdicom import AE
    from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

    check_title(title)
    entity = AE(title)
    entity.require_called_aet = True
    entity.maximum_associations = MAX_ASSOCIATIONS
    entity.maximum_pdu_size = MAX_PDU
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = timeout
    entity.add_supported_context(Verification)
    syntaxes = transfer_syntaxes()
    for sop_class in SOP_CLASSES:
        entity.add_supported_context(sop_class, syntaxes)
    return entity


class _Gauge:
    """Reading from a connection, up to the size of one unit and of one object.

    Args:
        read: reads so many bytes.
    """

    def __init__(self, read: Callable[[int], bytearray]) -> None:
        self._read = read
        self._count = 0

    def __call__(self, count: int) -> bytearray:
        """Read so many bytes; an error closes the connection, and nothing of the object stays."""
        self._count += count
        if count > _LONGEST_PDU or self._count > MAX_OBJECT_BYTES:
            LOG.warning("an object of more than %d MiB was refused", MAX_OBJECT_BYTES // 2**20)
            raise OSError(errno.EMSGSIZE, "too long")
        return self._read(count)

    def restart(self) -> None:
        """Begin to count anew, with the next message."""
        self._count = 0


def _header(event: Any) -> bytes:
    """Return preamble and file meta information for an object that came (DICOM PS3.10, 7.1)."""
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_file_meta_info

    stream = DicomBytesIO()
    stream.write(b"\0" * 128 + b"DICM")
    write_file_meta_info(stream, event.file_meta)
    return stream.getvalue()
