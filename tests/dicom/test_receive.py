from __future__ import annotations

import errno
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.uid import CTImageStorage, JPEGBaseline8Bit, SecondaryCaptureImageStorage
from pynetdicom import AE, evt

from nodulens.dicom import receive
from nodulens.dicom.queue import Queue
from nodulens.dicom.receive import Listener, Peer, check_title
from nodulens.errors import NodulensError
from tests.dicom.pacs import QUIET, echo, store, wait_for
from tests.dicom.ultrasound import ultrasound

pytestmark = QUIET

PIXELS = np.zeros((16, 20), np.uint8)


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    return Queue(tmp_path / "state")


@pytest.fixture
def listen(queue: Queue) -> Iterator[Callable[..., Listener]]:
    listeners = []

    def start(*peers: str, **options: Any) -> Listener:
        known = [Peer.parse(text) for text in peers or ("SCANNER",)]
        listeners.append(Listener(queue, "NODULENS", "127.0.0.1", 0, known, **options))
        return listeners[-1]

    yield start
    for listener in listeners:
        listener.close(patience=0)


Listen = Callable[..., Listener]


def test_echo_is_answered(listen: Listen) -> None:
    assert echo(listen().port) == 0x0000


def test_an_object_is_kept_as_it_came(listen: Listen, queue: Queue) -> None:
    came: list[int] = []
    dataset = ultrasound(PIXELS)
    listener = listen(received=lambda: came.append(1))
    assert store(listener.port, [dataset]) == [0x0000]
    assert came == [1]
    job = queue.next("received")
    assert job is not None
    kept = pydicom.dcmread(queue.incoming(job))
    assert kept == dataset
    assert kept.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
    assert kept.file_meta.TransferSyntaxUID == dataset.file_meta.TransferSyntaxUID


def test_the_same_object_again_is_success_and_nothing_new(listen: Listen, queue: Queue) -> None:
    came: list[int] = []
    listener = listen(received=lambda: came.append(1))
    dataset = ultrasound(PIXELS)
    assert store(listener.port, [dataset, dataset]) == [0x0000, 0x0000]
    assert (came, queue.counts().received) == ([1], 1)
    dataset.StudyDescription = "Changed"
    assert store(listener.port, [dataset]) == [0x0111]
    assert queue.counts().received == 1


@pytest.mark.parametrize(
    ("peers", "calling", "called", "served"),
    [
        (["SCANNER"], "SCANNER", "NODULENS", True),
        (["OTHER", "SCANNER@127.0.0.1"], "SCANNER", "NODULENS", True),
        (["SCANNER@localhost"], "SCANNER", "NODULENS", True),
        (["SCANNER"], "STRANGER", "NODULENS", False),
        (["SCANNER@127.0.0.2"], "SCANNER", "NODULENS", False),
        (["OTHER@127.0.0.1"], "SCANNER", "NODULENS", False),
        (["SCANNER"], "SCANNER", "ANOTHER", False),
    ],
)
def test_only_peers_are_served(
    listen: Listen, queue: Queue, peers: list[str], calling: str, called: str, served: bool
) -> None:
    port = listen(*peers).port
    status = 0x0000 if served else None
    assert echo(port, calling=calling, called=called) == status
    assert store(port, [ultrasound(PIXELS)], calling=calling, called=called) == [status]
    assert queue.counts().received == served


def test_other_kinds_are_not_agreed_upon(listen: Listen) -> None:
    listener = listen()
    assert store(listener.port, [ultrasound(PIXELS, SOPClassUID=CTImageStorage)]) == [None]
    video = ultrasound(PIXELS)
    video.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.100"
    assert store(listener.port, [video]) == [None]


def test_compressed_ultrasound_is_agreed_upon(listen: Listen) -> None:
    entity = AE("SCANNER")
    entity.add_requested_context("1.2.840.10008.5.1.4.1.1.6.1", JPEGBaseline8Bit)
    association = entity.associate("127.0.0.1", listen().port, ae_title="NODULENS")
    assert [str(each.transfer_syntax[0]) for each in association.accepted_contexts] == [
        JPEGBaseline8Bit
    ]
    association.release()


def test_a_capture_of_something_else_is_refused(listen: Listen, queue: Queue) -> None:
    dataset = ultrasound(PIXELS, SOPClassUID=SecondaryCaptureImageStorage, Modality="OT")
    assert store(listen().port, [dataset]) == [0x0122]
    assert queue.counts().received == 0


def test_an_object_other_than_its_request_is_refused(listen: Listen, queue: Queue) -> None:
    """Its request says one UID, its data set another one."""

    def disguise(event: Any) -> None:
        event.message.command_set.AffectedSOPInstanceUID = "1.2.3"

    entity = AE("SCANNER")
    dataset = ultrasound(PIXELS)
    entity.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
    association = entity.associate(
        "127.0.0.1", listen().port, ae_title="NODULENS",
        evt_handlers=[(evt.EVT_DIMSE_SENT, disguise)],
    )  # fmt: skip
    assert association.send_c_store(dataset).Status == 0xA900
    association.release()
    assert queue.counts().received == 0


def test_a_full_disk_is_out_of_resources(
    listen: Listen, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    port = listen().port
    dataset = ultrasound(PIXELS)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert store(port, [dataset]) == [0xA700]
    assert queue.counts().received == 0
    assert list((queue.folder / "incoming").iterdir()) == []
    assert store(port, [dataset]) == [0x0000]


@pytest.mark.parametrize("error", [OSError(errno.EIO, "failure"), ValueError("Made^Up")])
def test_any_other_trouble_is_a_processing_failure(
    listen: Listen,
    queue: Queue,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> bool:
        raise error

    monkeypatch.setattr(queue, "add", fail)
    with caplog.at_level(logging.WARNING, "nodulens.node"):
        assert store(listen().port, [ultrasound(PIXELS)]) == [0x0110]
    told = " ".join(record.getMessage() for record in caplog.records if "node" in record.name)
    assert "refused (0110)" in told
    assert "Made^Up" not in told


def test_what_is_too_long_ends_the_connection(
    listen: Listen, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receive, "MAX_OBJECT_BYTES", 100_000)
    port = listen().port
    small, large = (ultrasound(np.zeros((side, side), np.uint8)) for side in (250, 400))
    assert store(port, [large]) == [None]
    # Each object has the limit to itself.
    assert store(port, [small, ultrasound(np.zeros((250, 250), np.uint8))]) == [0x0000, 0x0000]
    assert queue.counts().received == 2


def test_a_unit_of_gigabytes_is_not_read(listen: Listen) -> None:
    with socket.create_connection(("127.0.0.1", listen().port)) as connection:
        connection.sendall(b"\x01\0\xf0\0\0\0" + b"\0" * 1000)
        connection.settimeout(10)
        assert connection.recv(100)[:1] in (b"", b"\x07")


def test_who_stops_in_the_middle_is_cut_off_and_leaves_nothing(
    listen: Listen, queue: Queue
) -> None:
    port = listen(timeout=0.5).port
    entity = AE("SCANNER")
    dataset = ultrasound(PIXELS)
    entity.add_requested_context(dataset.SOPClassUID)
    association = entity.associate("127.0.0.1", port, ae_title="NODULENS")
    assert association.is_established
    # The head of a unit of data that never comes.
    association.dul.socket.socket.sendall(b"\x04\0\0\0\x10\0" + b"\0" * 10)
    wait_for(lambda: not association.is_established, 10)
    silent = socket.create_connection(("127.0.0.1", port))
    silent.settimeout(10)
    assert silent.recv(100) == b""
    silent.close()
    assert echo(port) == 0x0000
    assert queue.counts().received == 0
    assert list((queue.folder / "incoming").iterdir()) == []


def test_an_abort_in_the_middle_leaves_nothing(listen: Listen, queue: Queue) -> None:
    port = listen().port
    entity = AE("SCANNER")
    dataset = ultrasound(np.zeros((2000, 2000), np.uint8))
    entity.add_requested_context(dataset.SOPClassUID)
    association = entity.associate("127.0.0.1", port, ae_title="NODULENS")
    sender = threading.Thread(target=association.send_c_store, args=[dataset])
    association.bind(evt.EVT_DATA_SENT, lambda event: event.assoc.dul.socket.socket.close())
    sender.start()
    sender.join(20)
    assert not sender.is_alive()
    assert echo(port) == 0x0000
    assert queue.counts().received == 0
    assert list((queue.folder / "incoming").iterdir()) == []


def test_no_more_associations_than_agreed(listen: Listen) -> None:
    port = listen().port
    entity = AE("SCANNER")
    entity.add_requested_context("1.2.840.10008.1.1")
    held = [
        entity.associate("127.0.0.1", port, ae_title="NODULENS")
        for _ in range(receive.MAX_ASSOCIATIONS)
    ]
    assert all(association.is_established for association in held)
    assert echo(port) is None
    held[0].release()
    wait_for(lambda: echo(port) == 0x0000)
    for association in held[1:]:
        association.release()


@pytest.mark.parametrize("title", ["", "SEVENTEENLETTERS!", "A\\B", " A", "Ä", "A\n"])
def test_what_is_no_ae_title_is_refused(title: str) -> None:
    with pytest.raises(NodulensError, match="no AE title"):
        check_title(title)


def test_a_host_that_nobody_knows_is_refused() -> None:
    with pytest.raises(NodulensError, match="no address"):
        Peer.parse("SCANNER@no such host")


def test_a_port_that_is_taken_is_refused(listen: Listen, queue: Queue) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(NodulensError, match="cannot listen"):
            Listener(queue, "NODULENS", "127.0.0.1", port, [Peer("SCANNER")])


def test_what_all_peers_together_may_hold_in_memory_is_bounded() -> None:
    assert receive.MAX_ASSOCIATIONS * receive.MAX_OBJECT_BYTES <= 5 * 512 * 2**20
