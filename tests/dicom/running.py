"""The node as a process of its own, to be killed and started again."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from nodulens.dicom.queue import Counts, Queue
from tests.dicom.pacs import echo, free_port, wait_for

_START = "import sys; sys.argv[0] = 'nodulens'; from nodulens.cli import main; main()"


class Node:
    """A node of the tiny bundles, or of others.

    Args:
        state: its folder.
        to: where results go: ``AE@HOST:PORT`` or the address of a web service.
        models: arguments that choose the models.
        more: further arguments.
        peer: who may send.
        port: to listen at; any that is free if None.

    Attributes:
        port: that it listens at, whenever it runs.
        output: file with everything that it ever said.
    """

    def __init__(
        self,
        state: Path,
        to: str,
        models: Sequence[str | Path],
        *more: str | Path,
        peer: str = "SCANNER",
        port: int | None = None,
    ) -> None:
        self.state, self.port = state, port or free_port()
        self._peer = peer
        self.output = state.with_name(state.name + ".output")
        self._arguments = [
            "node", "--state", state, "--port", self.port, "--peer", peer,
            "--stow" if "://" in to else "--forward", to, *models, *more,
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def command(self, first: str = "") -> list[str]:
        """Return the arguments for Python that start it."""
        return ["-c", f"{first}\n{_START}", *map(str, self._arguments)]

    def start(self, first: str = "", *, wait: bool = True) -> None:
        """Start it.

        Args:
            first: a program that its process runs before, to change it.
            wait: until it answers.
        """
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *self.command(first)],
                stdout=output,
                stderr=output,
            )
        if wait:
            wait_for(lambda: self.ended() or echo(self.port, calling=self._peer) == 0x0000, 60)
            assert not self.ended(), self.output.read_text("utf-8")

    def ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def wait(self, seconds: float = 60.0) -> int:
        """Wait until it has ended; return its exit status."""
        assert self._process is not None
        return self._process.wait(seconds)

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Tell it to end; return its exit status."""
        assert self._process is not None
        self._process.send_signal(number)
        return self.wait()

    def counts(self) -> Counts:
        queue = Queue(self.state)
        try:
            return queue.counts()
        finally:
            queue.close()

    def wait_until_done(self, count: int, seconds: float = 60.0) -> None:
        """Wait until so many objects are done."""
        queue = Queue(self.state)
        try:
            wait_for(lambda: queue.counts().done >= count, seconds)
        finally:
            queue.close()
