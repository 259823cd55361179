"""The analysis in a process of its own: what a decoder or the memory does to it, the node outlives.

The process loads the models once and then works on one object at a time. It ends with the node,
also when that is killed.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from nodulens.analysis.analyzer import Analyzer
from nodulens.dicom.discretion import mute, reason
from nodulens.dicom.results import Objects, write_results
from nodulens.errors import NodulensError
from nodulens.files import flush, write_json
from nodulens.report.batch import Settings, end_with_parent, findings_of
from nodulens.report.journal import Journal
from nodulens.report.sources import FINDINGS, Source, as_text

START = 120.0
"""Seconds for loading the models."""
TIMEOUT = 3600.0
"""Seconds for one object; the longest cine takes half an hour."""
_WHOLE = "objects.json"
"""Names the DICOM objects in a folder of results."""


@dataclass(frozen=True)
class Problem:
    """Why an object was not analyzed.

    Attributes:
        text: in words that hold nothing of the file.
        for_good: it would be so again.
    """

    text: str
    for_good: bool


class Worker:
    """The process, as the node sees it; one thread may use it.

    Args:
        settings: which models.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: SpawnProcess | None = None
        self._line: Connection | None = None

    def start(self) -> None:
        """Start the process and load the models.

        Raises:
            NodulensError: they cannot be loaded, or the process ended.
        """
        # Spawned on every system: forking a process that runs threads can hang.
        context = multiprocessing.get_context("spawn")
        self._line, far_end = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(far_end, self._settings), name="analysis", daemon=True
        )
        self._process.start()
        # Closed here, so that the process's end is noticed.
        far_end.close()
        problem = self._answer(START)
        if problem is not None:
            self.stop()
            raise NodulensError(problem.text)

    def analyze(self, source: Path, out: Path, *, timeout: float = TIMEOUT) -> Problem | None:
        """Analyze one DICOM file and write its results as DICOM objects.

        Args:
            source: the file.
            out: folder of the results; what it held before is deleted.
            timeout: seconds after which the process is ended.

        Returns:
            None when ``out`` holds all results; the next call starts the process again where this
            one ended it.

        Raises:
            NodulensError: the process ended before and cannot be started again.
        """
        if self._process is None:
            self.start()
        assert self._line is not None
        try:
            self._line.send((source, out))
        except OSError:  # it ended between two objects
            self.stop()
            return Problem("the process of the analysis had ended", for_good=False)
        return self._answer(timeout)

    def kill(self) -> None:
        """End the process from another thread; what it does comes back as a problem."""
        with contextlib.suppress(AttributeError, ValueError):  # it ended by itself
            self._process.kill()  # type: ignore[union-attr]

    def stop(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        if self._line is not None:
            self._line.close()
        self._process = self._line = None

    def _answer(self, timeout: float) -> Problem | None:
        assert self._line is not None
        try:
            if self._line.poll(timeout):
                answer: Problem | None = self._line.recv()
                return answer
            problem = f"its analysis took more than {timeout:g} seconds"
        except (EOFError, OSError):
            problem = "its analysis ended the process, perhaps for want of memory"
        self.stop()
        return Problem(problem, for_good=False)


def _serve(line: Connection, settings: Settings) -> None:
    """Do what the process does."""
    # The node is told to stop, and stops its worker.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    mute()
    # Decoders in C write to the error stream themselves.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        analyzer = settings.analyzer()
    except Exception as error:
        line.send(Problem(reason(error), for_good=True))
        return
    line.send(None)
    while True:
        try:
            source, out = line.recv()
        except EOFError:
            return
        problem = None
        try:
            _analyze(source, out, analyzer)
        except NodulensError as error:
            problem = Problem(reason(error), for_good=True)
        except Exception as error:
            problem = Problem(reason(error), for_good=False)
        line.send(problem)


def results_of(out: Path) -> list[Path] | None:
    """Return the DICOM objects in a folder of results; None where it does not hold them all."""
    try:
        paths = [out / name for name in json.loads((out / _WHOLE).read_text("utf-8"))]
    except (OSError, ValueError):
        return None
    return paths if all(path.is_file() for path in paths) else None


def _analyze(source: Path, out: Path, analyzer: Analyzer) -> None:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    # By its number, so that no message and no file names anything else.
    this = Source(source, as_text(source), "object")
    with Journal(out / FINDINGS) as journal:
        journal.add(this.shown, findings_of(this, out, analyzer))
    written = write_results(out, Objects(seg=True, sr=True))
    for error in written.causes:
        raise error
    for path in (*written.files, *{path.parent for path in written.files}):
        flush(path)
    # Last, so that a folder with it is whole.
    write_json(out / _WHOLE, [path.relative_to(out).as_posix() for path in written.files])
    for folder in (out, out.parent):
        flush(folder)
