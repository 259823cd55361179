"""A real PACS for tests: Orthanc with its DICOMweb plugin, on the loopback interface."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_PLUGIN = "libOrthancDicomWeb.so*"
_PLUGINS = (Path("/usr/share/orthanc/plugins"), Path("/usr/lib/orthanc"))


@dataclass(frozen=True)
class Orthanc:
    """A running server.

    Attributes:
        title: its application entity title.
        port: for DIMSE, on 127.0.0.1.
        web: address of its DICOMweb service.
        rest: address of its own REST service, without a slash at the end.
    """

    title: str
    port: int
    web: str
    rest: str

    def ask(self, path: str, method: str = "GET") -> Any:
        """Ask its REST service and return what the JSON says."""
        request = urllib.request.Request(self.rest + path, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def clear(self) -> None:
        """Take all studies out."""
        for study in self.ask("/studies"):
            self.ask(f"/studies/{study}", "DELETE")


@contextlib.contextmanager
def run_orthanc(
    folder: Path, modalities: dict[str, tuple[str, str, int]] | None = None
) -> Iterator[Orthanc]:
    """Run an empty Orthanc in a folder; skips the test where it is not installed.

    Args:
        folder: for its files; empty.
        modalities: peers that it may send to: by a name, title, host and port.
    """
    program = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin")
    plugins = [path for place in _PLUGINS for path in sorted(place.glob(_PLUGIN))]
    if program is None or not plugins:
        pytest.skip("Orthanc with its DICOMweb plugin is not installed")
    port, http_port = _free_port(), _free_port()
    configuration = folder / "orthanc.json"
    settings = {
        "Name": "nodulens-tests",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "Plugins": [str(plugins[0])],
        "DicomAet": "ORTHANC",
        "DicomPort": port,
        "HttpPort": http_port,
        "HttpBindAddresses": ["127.0.0.1"],
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomCheckCalledAet": False,
        "DicomAlwaysAllowGet": True,
        "UnknownSopClassAccepted": True,
        "DicomModalities": {name: list(peer) for name, peer in (modalities or {}).items()},
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    configuration.write_text(json.dumps(settings), "utf-8")
    server = Orthanc(
        "ORTHANC",
        port,
        f"http://127.0.0.1:{http_port}/dicom-web",
        f"http://127.0.0.1:{http_port}",
    )
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen([program, str(configuration)], stdout=log, stderr=log)
        try:
            _wait(server, process, folder / "orthanc.log")
            yield server
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(server: Orthanc, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError):
            server.ask("/system")
            return
        time.sleep(0.1)
    pytest.fail(f"Orthanc does not start: {log.read_text('utf-8', 'replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
