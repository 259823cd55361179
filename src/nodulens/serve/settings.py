"""What decides how the server works, and what it takes at most."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from nodulens.analysis.analyzer import CLASSIFIER, SEGMENTER
from nodulens.errors import NodulensError
from nodulens.runtime.store import user_store

PORT = 8631
"""Port unless another is named."""


@dataclass(frozen=True)
class Settings:
    """How the server works.

    Attributes:
        data: folder for all that it keeps.
        host, port: where it listens; port 0 takes any that is free.
        token: that callers must know; None where nobody needs one, which is allowed on loopback
            alone.
        hosts: further names under which browsers may reach it.
        segmenter, classifier: bundles unless a request names others; None for no classifier.
        store: folder of bundles, instead of the user's store.
        stow: address of the DICOMweb server that takes results; None for none.
        upload_bytes: most bytes of one upload, and of what an archive in it unpacks to.
        upload_files: most files of one upload, those in archives included.
        idle_seconds: longest pause of a client that sends an upload.
        upload_seconds: longest time of one upload.
        queued: most analyses that wait.
        memory_bytes: most memory of a process that decodes and analyzes, where the system can
            limit it (Linux).
        seconds: longest time of an analysis, for its first frame; each further one adds
            ``seconds_a_frame``.
        reserve: bytes of the disk that no upload uses up.

    Raises:
        NodulensError: there is no token, though others than this machine can reach the server; or
            the token is too short to protect anything.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = PORT
    token: str | None = None
    hosts: tuple[str, ...] = ()
    segmenter: str = SEGMENTER
    classifier: str | None = CLASSIFIER
    store: Path | None = None
    stow: str | None = None
    upload_bytes: int = 2 * 2**30
    upload_files: int = 2000
    idle_seconds: float = 20.0
    upload_seconds: float = 1800.0
    queued: int = 1000
    memory_bytes: int = 4 * 2**30
    seconds: float = 60.0
    seconds_a_frame: float = 5.0
    reserve: int = 256 * 2**20

    def __post_init__(self) -> None:
        """Refuse to stand open."""
        if self.token is None and not is_loopback(self.host):
            raise NodulensError(
                f"{self.host}: others than this machine can reach that address; give --token, or "
                "set NODULENS_TOKEN, to keep them out"
            )
        if self.token is not None and len(self.token) < SHORTEST_TOKEN:
            raise NodulensError(
                f"a token of {len(self.token)} characters can be guessed; give {SHORTEST_TOKEN} or "
                "more"
            )


SHORTEST_TOKEN = 16
"""Characters of a token."""


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def default_data() -> Path:
    """Return the folder of the server's data, by the platform's custom; it may not exist."""
    return user_store().parent / "workbench"
