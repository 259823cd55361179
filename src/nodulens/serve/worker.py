"""A process that decodes and analyzes, with limits of memory and time, replaced when it ends."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any, Protocol

from nodulens.errors import NodulensError
from nodulens.report.batch import end_with_parent
from nodulens.serve.problems import Refusal


class WorkerEnded(NodulensError):
    """The process ended, or was ended, before it answered."""


class Caller(Protocol):
    """Anything that carries out tasks of a :class:`nodulens.serve.desk.Desk`."""

    def call(
        self, task: str, *args: Any, seconds: float, told: Callable[[int], None] | None = None
    ) -> Any:
        """Carry out a task; see :meth:`Worker.call`."""

    def kill(self) -> None:
        """End what is being done."""

    def close(self) -> None:
        """End for good."""


class Worker:
    """A process with a desk; one task at a time.

    It is started when it is first needed, and again after it ended. A task that takes too long, or
    more memory than it may, costs the process and nothing else.

    Args:
        memory_bytes: that it may use (Linux).
    """

    def __init__(self, memory_bytes: int) -> None:
        self._memory = memory_bytes
        self._turn = threading.Lock()
        self._process: Any = None
        self._line: Connection | None = None
        self._closed = False

    def call(
        self, task: str, *args: Any, seconds: float, told: Callable[[int], None] | None = None
    ) -> Any:
        """Carry out a task and return its answer.

        Args:
            task: name of a method of :class:`nodulens.serve.desk.Desk`.
            args: its arguments.
            seconds: that it may take; as long again may be waited for the tasks before it.
            told: called with the number of frames done.

        Raises:
            WorkerEnded: the process ended, for want of memory or by a fault in a decoder.
            Refusal: it took too long, or the task refused.
            NodulensError: as the task raises it.
        """
        with self._mine(seconds):
            line = self._started()
            end = time.monotonic() + seconds
            try:
                line.send((task, args))
                while line.poll(max(0.0, end - time.monotonic())):
                    kind, content = line.recv()
                    if kind == "told":
                        if told is not None:
                            told(content)
                    elif kind == "error":
                        raise content
                    else:
                        return content
            except (EOFError, OSError) as error:
                self._clear()
                raise WorkerEnded(
                    "the process that worked on it ended, perhaps for want of memory; try a "
                    "smaller file"
                ) from error
            self._clear()
            raise Refusal(
                503,
                f"it took longer than {seconds:g} s",
                "try again, or divide the file; the machine may be too busy",
            )

    def kill(self) -> None:
        """End what is being done; who waits for it gets :class:`WorkerEnded`."""
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the process for good."""
        self._closed = True
        self.kill()

    @contextlib.contextmanager
    def _mine(self, seconds: float) -> Iterator[None]:
        if not self._turn.acquire(timeout=seconds):
            raise Refusal(503, "the server is busy with other pictures", "try again in a minute")
        try:
            yield
        finally:
            self._turn.release()

    def _started(self) -> Connection:
        if self._closed:
            raise WorkerEnded("the server is stopping; try again when it runs")
        if self._process is not None and not self._process.is_alive():
            self._clear()
        if self._line is None:
            # Spawned on every system: forking a process that has threads can hang.
            context = multiprocessing.get_context("spawn")
            self._line, theirs = context.Pipe()
            process = context.Process(
                target=_work, args=(theirs, self._memory), daemon=True, name="nodulens-worker"
            )
            process.start()
            # Only now can it be killed.
            self._process = process
            theirs.close()
        return self._line

    def _clear(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._line is not None:
            self._line.close()
        self._process = self._line = None


def _work(line: Connection, memory_bytes: int) -> None:
    """Carry out tasks until the other end is gone."""
    # The first process is told to stop, and stops this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    _limit(memory_bytes)
    from nodulens.serve.desk import Desk

    desk = Desk()
    desk.told = lambda done: line.send(("told", done))
    while True:
        try:
            task, args = line.recv()
        except EOFError:
            return
        try:
            answer = ("done", getattr(desk, task)(*args))
        except NodulensError as error:
            answer = ("error", error)
        except MemoryError:
            answer = ("error", WorkerEnded("it needs more memory than it may; try a smaller file"))
        except Exception as error:
            # Whatever it is may have no form that crosses to the other process.
            problem = f"unexpected {type(error).__name__}: {error}; please report it"
            answer = ("error", NodulensError(problem))
        line.send(answer)


def _limit(memory_bytes: int) -> None:
    """Limit the memory of this process, where the system can: its own data, not shared code."""
    try:
        import resource
    except ImportError:
        return  # not on Windows
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
