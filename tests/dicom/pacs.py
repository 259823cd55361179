"""The other side of the node: an archive in this process, and a scanner that sends to the node."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    Comprehensive3DSRStorage,
    ComprehensiveSRStorage,
    EnhancedSRStorage,
    SegmentationStorage,
)
from pynetdicom import AE, evt
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

QUIET = pytest.mark.filterwarnings(
    # pynetdicom leaves a socket whose other end has gone to the garbage collector.
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Archive:
    """An archive that keeps what it is sent.

    Attributes:
        title: its AE title.
        port: it listens at this port of 127.0.0.1 while the block runs.
        received: every data set, in the order of coming; one that came twice stands there twice.
        associations: number of them.
        refusals: associations that it wanted nothing of, while it was :meth:`away`.
        status: that it answers with; a function of the data set, or one for all.
    """

    def __init__(self, port: int | None = None, title: str = "PACS") -> None:
        self.title, self.port = title, port or free_port()
        self.received: list[Dataset] = []
        self.associations = self.refusals = 0
        self.status: int | Callable[[Dataset], int] = 0x0000
        self._entity = AE(title)
        for sop_class in (
            SegmentationStorage, EnhancedSRStorage, ComprehensiveSRStorage,
            Comprehensive3DSRStorage,
        ):  # fmt: skip
            self._entity.add_supported_context(sop_class)

    def __enter__(self) -> Archive:
        handlers: list[Any] = [
            (evt.EVT_C_STORE, self._store), (evt.EVT_ACCEPTED, self._count),
            (evt.EVT_REJECTED, self._refused),
        ]  # fmt: skip
        self._entity.start_server(("127.0.0.1", self.port), block=False, evt_handlers=handlers)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._entity.shutdown()

    @property
    def address(self) -> str:
        return f"{self.title}@127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Want nothing of anybody while the block runs, and until the next who asks was told so.

        So nobody is under way with what it had before the end of the block.
        """
        self._entity.require_calling_aet = ["SOMEBODY"]
        yield
        before = self.refusals
        wait_for(lambda: self.refusals > before)
        self._entity.require_calling_aet = []

    def instances(self) -> dict[str, list[Dataset]]:
        """Return what came, by SOP instance UID."""
        found: dict[str, list[Dataset]] = {}
        for dataset in self.received:
            found.setdefault(dataset.SOPInstanceUID, []).append(dataset)
        return found

    def _count(self, _: Any) -> None:
        self.associations += 1

    def _refused(self, _: Any) -> None:
        self.refusals += 1

    def _store(self, event: Any) -> int:
        dataset = event.dataset
        status = self.status(dataset) if callable(self.status) else self.status
        if status in (0x0000, 0xB000):
            self.received.append(dataset)
        return status


def store(
    port: int, datasets: Iterable[Dataset], *, calling: str = "SCANNER", called: str = "NODULENS"
) -> list[int | None]:
    """Send data sets to the node; return a status for each, None where there was no answer."""
    datasets = list(datasets)
    entity = AE(calling)
    for kind in {
        (dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID) for dataset in datasets
    }:
        entity.add_requested_context(*kind)
    association = entity.associate("127.0.0.1", port, ae_title=called)
    if not association.is_established:
        return [None] * len(datasets)
    statuses: list[int | None] = []
    for dataset in datasets:
        try:
            statuses.append(association.send_c_store(dataset).get("Status"))
        except (RuntimeError, ValueError):
            statuses.append(None)
    association.release()
    return statuses


def echo(port: int, *, calling: str = "SCANNER", called: str = "NODULENS") -> int | None:
    """Send a C-ECHO; return its status, None where the association was refused."""
    entity = AE(calling)
    entity.add_requested_context(Verification)
    association = entity.associate("127.0.0.1", port, ae_title=called)
    if not association.is_established:
        return None
    status: int | None = association.send_c_echo().get("Status")
    association.release()
    return status


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something is so; fail where it does not come to be."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)
