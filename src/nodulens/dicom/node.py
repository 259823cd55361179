"""The node beside a PACS: pictures in from known peers or a folder, results out to an archive.

Listening, watching, analyzing and sending go on beside each other and meet in the
:class:`~nodulens.dicom.queue.Queue` alone, so that each can fail, or be killed, without the others.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from nodulens.dicom.discretion import LOG, reason
from nodulens.dicom.queue import Counts, Job, Patience, Queue
from nodulens.dicom.receive import Listener, Peer, check_title
from nodulens.dicom.send import Archive, Unreachable
from nodulens.dicom.watch import Watcher
from nodulens.dicom.work import Worker, results_of
from nodulens.errors import NodulensError
from nodulens.report.batch import Settings

GRACE = 20.0
"""Seconds that a node which is told to stop gives to what it is doing."""
_IDLE = 0.2
"""Seconds between looks at a queue that had nothing to do."""
_TROUBLE = Patience(first=1.0, longest=60.0)
"""Between tries of a step that fails for no object's fault."""
_TOGETHER = 32
"""Objects whose results go through one association at most."""


@dataclass(frozen=True)
class Plan:
    """What a node does.

    Attributes:
        archive: where results go.
        title: the node's AE title.
        host: address to listen at.
        port: to listen at; None not to listen.
        peers: who may send.
        watch: folder to take files from; None for none.
        look: seconds between two looks at it.
        settings: which models.
        workers: processes that analyze; each takes about 300 MB.
        keep: objects and results stay in the state folder when they were sent.
        patience: with steps that fail.
    """

    archive: Archive
    title: str = "NODULENS"
    host: str = "127.0.0.1"
    port: int | None = None
    peers: Sequence[Peer] = ()
    watch: Path | None = None
    look: float = 2.0
    settings: Settings = field(default_factory=Settings)
    workers: int = 1
    keep: bool = False
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        """Refuse a node that takes nothing in, or from nobody, or has no proper name."""
        check_title(self.title)
        if self.port is None and self.watch is None:
            raise NodulensError("nothing to take in: give --port, --watch or both")
        if self.port is not None and not self.peers:
            raise NodulensError(
                "nobody may send: give --peer AE or --peer AE@HOST for each that may"
            )


def run(
    state: Path,
    plan: Plan,
    stop: threading.Event,
    *,
    show: Callable[[Counts], object] = lambda counts: None,
) -> None:
    """Be a node until told to stop, then finish what is at hand, or leave it for the next time.

    Args:
        state: folder that holds everything the node was entrusted with; of one node at a time.
        plan: what it does.
        stop: set, from any thread, to end it.
        show: called twice a second with how many objects stand where.

    Raises:
        NodulensError: the state folder, the watched folder, a model or the port cannot be used.
    """
    queue = Queue(state, plan.patience)
    with contextlib.closing(queue), queue.alone(), contextlib.ExitStack() as ends:
        queue.recover()
        node = _Node(queue, plan, stop)
        watcher = None if plan.watch is None else Watcher(plan.watch, queue)
        workers = [Worker(plan.settings) for _ in range(plan.workers)]
        for worker in workers:
            ends.callback(worker.stop)
            worker.start()
        loops = [_Loop(partial(node.analyze, worker), _IDLE, stop) for worker in workers]
        loops.append(_Loop(node.send, _IDLE, stop))
        if watcher is not None:
            loops.append(_Loop(watcher.scan, plan.look, stop))
        LOG.info("results go to %s; research use only", plan.archive)
        if plan.port is not None:
            listener = Listener(queue, plan.title, plan.host, plan.port, plan.peers)
            ends.callback(listener.close)
            LOG.info("listening as %s at %s, port %d", plan.title, plan.host, listener.port)
        for loop in loops:
            loop.start()
        while not stop.wait(0.5):
            show(queue.counts())
        LOG.info("stopping")
        until = time.monotonic() + GRACE
        for loop in loops:
            loop.join(max(0.0, until - time.monotonic()))
        for worker in workers:
            worker.kill()
        for loop in loops[: len(workers)]:
            loop.join()
        show(queue.counts())


class _Loop(threading.Thread):
    """A step that is done again and again, whatever comes of it.

    Args:
        step: returns whether there was something to do.
        idle: seconds to wait where there was not.
        stop: ends it.
    """

    def __init__(self, step: Callable[[], bool | None], idle: float, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._step, self._idle, self._stop_told = step, idle, stop

    def run(self) -> None:
        failures = 0
        while not self._stop_told.is_set():
            try:
                did = self._step()
                failures = 0
            except Exception as error:
                did = False
                failures += 1
                LOG.error("%s", reason(error))
            if not did:
                self._stop_told.wait(self._idle if not failures else _TROUBLE.pause(failures))


class _Node:
    """The steps that analyze and send."""

    def __init__(self, queue: Queue, plan: Plan, stop: threading.Event) -> None:
        self._queue, self._plan, self._stop = queue, plan, stop
        self._lock = threading.Lock()
        self._busy: set[int] = set()
        self._not_before, self._in_vain = 0.0, 0

    def analyze(self, worker: Worker) -> bool:
        """Analyze the object that has waited longest."""
        with self._lock:
            job = self._queue.next("received", self._busy)
            if job is None:
                return False
            self._busy.add(job.number)
        try:
            problem = worker.analyze(self._queue.incoming(job), self._queue.work(job))
            if problem is None:
                self._queue.move(job, "analyzed")
                LOG.info("object %d: analyzed", job.number)
            elif not self._stop.is_set():
                self._failed(job, problem.text, for_good=problem.for_good)
        finally:
            self._busy.discard(job.number)
        return True

    def send(self) -> bool:
        """Send the results of the study that has waited longest, and clear away what was sent."""
        sent = self._queue.next("sent")
        if sent is not None:
            self._queue.finish(sent, keep=self._plan.keep)
            LOG.info("object %d: done", sent.number)
            return True
        first = self._queue.next("analyzed") if time.monotonic() >= self._not_before else None
        if first is None:
            return False
        study = self._queue.analyzed_of(first.study)[:_TOGETHER] or [first]
        # What of an object is still to be answered; it is sent when that is nothing.
        left: dict[Path, Job] = {}
        for job in study:
            paths = results_of(self._queue.work(job))
            if paths is None:
                # What a power cut, or a person, took away.
                LOG.warning("object %d: its results are gone; it is analyzed again", job.number)
                self._queue.move(job, "received")
            elif not paths:
                self._queue.move(job, "sent")
            else:
                left |= dict.fromkeys(paths, job)
        try:
            for path, refusal in self._plan.archive.send(list(left)):
                if path not in left:  # refused before, with another of its results
                    continue
                job = left.pop(path)
                if refusal is not None:
                    self._failed(job, refusal)
                    left = {path: other for path, other in left.items() if other != job}
                elif job not in left.values():
                    self._queue.move(job, "sent")
            self._in_vain = 0
        except Unreachable as error:
            self._in_vain += 1
            pause = self._plan.patience.pause(self._in_vain)
            self._not_before = time.monotonic() + pause
            self._queue.note(reason(error))
            LOG.warning("%s; tried again in %.0f seconds", reason(error), pause)
        except Exception as error:
            for job in set(left.values()):
                self._failed(job, reason(error))
        return True

    def _failed(self, job: Job, error: str, *, for_good: bool = False) -> None:
        dead = self._queue.fail(job, error, for_good=for_good)
        fate = "a dead letter" if dead else "tried again"
        LOG.warning("object %d: %s; %s", job.number, error, fate)
