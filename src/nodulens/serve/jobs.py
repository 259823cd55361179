"""The analyses that wait: done one after the other by a worker, whatever becomes of it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable

from nodulens.errors import NodulensError
from nodulens.files import flush
from nodulens.finding import Finding
from nodulens.report.pictures import files_of
from nodulens.serve.desk import Models
from nodulens.serve.models import Analysis, Asked, Image
from nodulens.serve.settings import Settings
from nodulens.serve.store import Store, analyzed_frames
from nodulens.serve.worker import Caller, WorkerEnded

LOG = logging.getLogger("nodulens.serve")
_PAUSE = 1.0
"""Seconds after which the queue is looked at, though nobody said that there is something."""


class Runner:
    """Analyzes what is queued, in a thread of its own.

    Findings are kept image by image; an analysis that a kill cut off goes on with the next image.

    Args:
        settings: of the server.
        store: what waits, and where findings go.
        worker: that analyzes.

    Attributes:
        looked: called with an analysis and an image once the models have looked at it.
    """

    def __init__(self, settings: Settings, store: Store, worker: Caller) -> None:
        self._settings, self._store, self._worker = settings, store, worker
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._current: str | None = None
        self._live: dict[str, int] = {}
        self.looked: Callable[[str, Image], None] = lambda analysis, image: None
        self._thread = threading.Thread(target=self._run, name="nodulens-jobs", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Say that something is queued."""
        self._wake.set()

    def close(self) -> None:
        """End; what is being done will be done again the next time."""
        self._stop.set()
        self._wake.set()
        self._worker.close()
        if self._thread.is_alive():
            self._thread.join(10)

    def watched(self, analysis: str) -> Analysis:
        """Return an analysis with the frames that are done of the image in work."""
        found = self._store.analysis(analysis)
        live = self._live.get(analysis, 0)
        done = min(found.frames, found.frames_done + live)
        return found.model_copy(update={"frames_done": done})

    def cancel(self, analysis: str) -> bool:
        """Cancel an analysis that waits or is being done; tell whether it was one."""
        moved = self._store.move(analysis, ["queued", "running"], "cancelled")
        if moved and self._current == analysis:
            self._worker.kill()
        return moved

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                analysis = self._store.next_queued()
            except sqlite3.Error:
                LOG.exception("the queue cannot be read")
                analysis = None
            if analysis is None:
                self._wake.wait(_PAUSE)
                self._wake.clear()
                continue
            try:
                self.run(analysis)
            except Exception:
                # One analysis must not cost the others theirs.
                LOG.exception("analysis %s", analysis)
                problem = "an unexpected fault; try again, and if it stays, please report it"
                self._fail(analysis, problem)

    def _fail(self, analysis: str, problem: str) -> None:
        """Write down that an analysis failed, once that can be: a disk may be full for a while."""
        while not self._stop.is_set():
            try:
                self._store.move(analysis, ["queued", "running"], "failed", problem)
            except sqlite3.Error:
                LOG.exception("analysis %s cannot be called failed", analysis)
                self._stop.wait(_PAUSE)
            else:
                return

    def run(self, analysis: str) -> None:
        """Analyze what is queued under this id, image by image."""
        if not self._store.move(analysis, ["queued"], "running"):
            return
        self._current = analysis
        try:
            known = self._store.analysis(analysis)
            done = self._store.analyzed(analysis)
            for image in self._store.images(known.study):
                if image.id not in done:
                    if self._store.analysis(analysis).state != "running":
                        return  # cancelled while nothing was being done that could be ended
                    lines = self._analyze(known, image)
                    if self._stop.is_set():
                        return
                    self._flush(analysis, lines)
                    if not self._store.add_findings(analysis, image.id, lines):
                        return
                    self._live.pop(analysis, None)
                # Also where a kill came between the two.
                self.looked(analysis, image)
            errors = self._errors(analysis)
            if len(errors) == known.images:
                self._store.move(analysis, ["running"], "failed", errors[0])
            else:
                self._store.move(analysis, ["running"], "done")
        finally:
            self._current = None
            self._live.pop(analysis, None)

    def _analyze(self, known: Analysis, image: Image) -> list[tuple[int, str]]:
        asked = known.asked
        frames = analyzed_frames(image, asked.every)
        try:
            lines = self._worker.call(
                "analyze",
                models_of(asked, self._settings, self._store.mm_per_px(image.id)),
                self._store.path(image.id),
                image.name,
                image.id,
                self._store.pictures(known.id),
                asked.text,
                asked.every,
                seconds=self._settings.seconds + self._settings.seconds_a_frame * (frames - 1),
                told=self._teller(known.id),
            )
        except NodulensError as error:
            problem = f"{image.name}: {error}"
            if isinstance(error, WorkerEnded):
                LOG.warning("analysis %s: image %s ended its process", known.id, image.id)
            lines = [Finding(source=image.name, sha256=image.sha256, error=problem).to_json_line()]
        return [(Finding.from_json_line(line).frame, line) for line in lines]

    def _flush(self, analysis: str, lines: list[tuple[int, str]]) -> None:
        """Have the pictures of findings on the disk before these are."""
        folder = self._store.pictures(analysis)
        paths = [
            folder / name for _, line in lines for name in files_of(Finding.from_json_line(line))
        ]
        for path in [*paths, *{path.parent for path in paths}]:
            flush(path)

    def _teller(self, analysis: str) -> Callable[[int], None]:
        def tell(done: int) -> None:
            self._live[analysis] = done

        return tell

    def _errors(self, analysis: str) -> list[str]:
        findings = (Finding.from_json_line(line) for _, _, line in self._store.findings(analysis))
        return [finding.error for finding in findings if finding.error is not None]


def models_of(asked: Asked, settings: Settings, mm_per_px: float | None = None) -> Models:
    """Return the models that an analysis names; all names in it are settled.

    Args:
        asked: how to analyze.
        settings: of the server.
        mm_per_px: of the image, where nothing else is asked for.
    """
    assert asked.segmenter is not None
    classifier = None if asked.classifier == "none" else asked.classifier
    return Models(asked.segmenter, classifier, settings.store, asked.mm_per_px or mm_per_px)
