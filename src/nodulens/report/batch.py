"""Many files: analyzed one after the other or by several processes, and resumed after a kill."""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import platform
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nodulens
from nodulens.analysis.analyzer import CLASSIFIER, SEGMENTER, Analyzer
from nodulens.errors import NodulensError
from nodulens.files import sha256_of, write_json
from nodulens.finding import NOTICE, SCHEMA_VERSION, Finding, ModelIdentity, json_schema
from nodulens.frames import FrameFile
from nodulens.report.cine import analyze_cine, frame_name, reported
from nodulens.report.html import write_index
from nodulens.report.journal import Journal, read_findings
from nodulens.report.pictures import files_of, write_pictures
from nodulens.report.sources import FINDINGS, RUN, Source, Sources, as_text, collect_sources
from nodulens.report.summary import write_summary
from nodulens.report.texts import Told, tell

SCHEMA, SUMMARY, INDEX = "findings.schema.json", "summary.csv", "index.html"
_PICTURES = ("masks", "overlays", "looked-at", "probabilities", "strips")
_LIBRARIES = ("numpy", "onnxruntime", "Pillow", "pydicom", "scikit-image", "scipy", "tokenizers")


@dataclass(frozen=True)
class Settings:
    """What decides the findings of a batch: arguments of :class:`Analyzer`, and words.

    Attributes:
        text: about all pictures.
        text_file: table of words (:mod:`nodulens.report.texts`); not together with ``text``.
        explain: as for :class:`Analyzer`.
        probabilities: likewise; written as ``probabilities/``.
        every: of a cine, the first frame and each one this many further on is analyzed.
    """

    segmenter: str = SEGMENTER
    classifier: str | None = CLASSIFIER
    mm_per_px: float | None = None
    store: Path | None = None
    text: str | None = None
    text_file: Path | None = None
    explain: bool = False
    probabilities: bool = False
    every: int = 1

    def __post_init__(self) -> None:
        """Refuse words from two places."""
        if self.text is not None and self.text_file is not None:
            raise NodulensError("words for all pictures and a table of words: give one of the two")

    def analyzer(self) -> Analyzer:
        """Load the models; one thread, so that findings do not depend on the machine's size."""
        return Analyzer(
            self.segmenter,
            self.classifier,
            threads=1,
            mm_per_px=self.mm_per_px,
            store=self.store,
            explain=self.explain,
            probabilities=self.probabilities,
        )


@dataclass
class Counts:
    """What a batch came to.

    Attributes:
        files: analyzed, with or without success.
        frames: with a finding.
        nodules: in all frames.
        frames_without_nodule: of the frames.
        errors: files that could not be analyzed.
        resumed: files whose findings an earlier, interrupted run had left.
        left_out: other files in the folders that were not taken for pictures.
        masks_left_out: how many of these are masks that lie beside their image.
        without_text: files that a given table of words has none for.
        texts_unused: rows of that table for files that are not in the batch.
    """

    files: int = 0
    frames: int = 0
    nodules: int = 0
    frames_without_nodule: int = 0
    errors: int = 0
    resumed: int = 0
    left_out: int = 0
    masks_left_out: int = 0
    without_text: int = 0
    texts_unused: int = 0


def analyze_files(
    inputs: Sequence[Path],
    out: Path,
    settings: Settings | None = None,
    *,
    workers: int = 1,
    resume: bool = False,
    progress: Callable[[int, int, int], None] | None = None,
) -> Counts:
    """Analyze files and folders and write everything about them into one folder.

    Written are ``findings.jsonl`` (a line a frame, in the order of the inputs), ``masks/``,
    ``overlays/``, ``summary.csv``, ``index.html``, ``findings.schema.json`` and ``run.json``. They
    do not depend on the number of workers, nor on interruptions. A file that cannot be analyzed
    has a finding with its error.

    Args:
        inputs: files, and folders with all below them.
        out: folder of the results; made if need be.
        settings: which models, which scale, which words; the shipped models, the files' scale and
            no words if None.
        workers: processes; 1 works in this one.
        resume: go on where an earlier run with the same inputs and settings stopped.
        progress: called with the number of files done, of all files, and of those done before.

    Returns:
        How many files, frames, nodules and errors.

    Raises:
        NodulensError: no input, a model that cannot be loaded, a table of words that does not fit
            the inputs, or an ``out`` that holds something else.
    """
    settings = settings or Settings()
    analyzer = settings.analyzer()
    sources = collect_sources(inputs, out)
    told = _told(sources, settings)
    sources = replace(sources, files=told.files)
    run = _describe_run(inputs, settings, analyzer)
    _prepare(out, run, resume)
    with Journal(out / FINDINGS) as journal:
        pending = [
            source for source in sources.files if not _is_done(source, journal, out, settings)
        ]
        total, before = len(sources.files), len(sources.files) - len(pending)
        done = before
        if progress is not None:
            progress(done, total, before)
        workers = min(workers, len(pending))
        if workers > 1:
            models = analyzer.models
            del analyzer  # each worker loads its own
            results = _in_processes(pending, out, settings, models, workers)
        else:
            results = (
                (source, analyze_source(source, out, analyzer, settings.every))
                for source in pending
            )
        for source, lines in results:
            journal.add(source.shown, lines)
            done += 1
            if progress is not None:
                progress(done, total, before)
        journal.rewrite(source.shown for source in sources.files)
    counts = Counts(
        files=len(sources.files),
        resumed=before,
        left_out=sources.left_out,
        masks_left_out=sources.masks,
        without_text=told.without,
        texts_unused=told.unused,
    )
    return _finish(out, run, counts)


def analyze_source(source: Source, out: Path, analyzer: Analyzer, every: int = 1) -> list[str]:
    """Analyze one file as :func:`findings_of` does.

    Never raises for what a file can be: the error is in the finding.
    """
    try:
        return findings_of(source, out, analyzer, every)
    except NodulensError as error:
        return [_failed(source, analyzer.models, str(error))]
    except Exception as error:
        # A fault of ours that one file brings out must not cost the others their findings.
        problem = f"{source.shown}: unexpected {type(error).__name__}: {error}; please report it"
        return [_failed(source, analyzer.models, problem)]


def findings_of(source: Source, out: Path, analyzer: Analyzer, every: int = 1) -> list[str]:
    """Analyze one file, write its pictures, and return its findings as lines of JSON.

    Of a cine, the first frame and each one ``every`` further on is analyzed.

    Raises:
        UnreadableFile: it cannot be read.
    """
    with FrameFile(source.path) as file:
        if file.is_cine:
            return analyze_cine(file, source, out, analyzer, every)
        lines = []
        for frame in file:
            frame.source = source.shown
            name = frame_name(source, frame.index) if len(file) > 1 else source.name
            finding = analyzer.analyze_frame(frame, source.text, text_from=source.text_from)
            lines.append(write_pictures(out, name, frame.pixels, finding).to_json_line())
    return lines


def _told(sources: Sources, settings: Settings) -> Told:
    if settings.text_file is not None:
        return tell(sources.files, settings.text_file)
    if settings.text is None:
        return Told(sources.files, without=0, unused=0)
    return Told([replace(file, text=settings.text) for file in sources.files], without=0, unused=0)


def _failed(source: Source, models: list[ModelIdentity], error: str) -> str:
    return Finding(
        source=source.shown, sha256=_digest(source.path), models=models, error=as_text(error)
    ).to_json_line()


def _digest(path: Path) -> str | None:
    try:
        return sha256_of(path) if path.is_file() else None
    except OSError:
        return None


def _is_done(source: Source, journal: Journal, out: Path, settings: Settings) -> bool:
    """Tell whether an earlier run's findings about a file still hold."""
    if source.shown not in journal:
        return False
    digest = _digest(source.path)
    for finding in journal.findings(source.shown):
        files = files_of(finding)
        named_so = finding.mask is None or finding.mask.startswith(f"masks/{source.name}.")
        # Empty files are what a power cut can leave of one that was not flushed.
        whole = all((out / file).is_file() and (out / file).stat().st_size for file in files)
        if digest is None or finding.sha256 != digest or not named_so or not whole:
            return False
    return True


_analyzer: Analyzer | None = None
"""A worker process's own."""
_every = 1


def _start_worker(settings: Settings) -> None:
    global _analyzer, _every
    # The first process is told to stop, and stops its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    _analyzer, _every = settings.analyzer(), settings.every


def end_with_parent() -> None:
    """Wait for the process that started this one, and end; killed, it cannot stop its workers."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _work(source: Source, out: Path) -> list[str]:
    assert _analyzer is not None
    return analyze_source(source, out, _analyzer, _every)


def _in_processes(
    pending: Sequence[Source],
    out: Path,
    settings: Settings,
    models: list[ModelIdentity],
    workers: int,
) -> Iterator[tuple[Source, list[str]]]:
    """Yield findings as they come, from several processes.

    A file that ends its process (memory, a fault in a decoder) takes those beside it along. They
    are tried again one by one, so that only the one to blame gets the error.
    """
    queue = iter(pending)
    while True:
        suspects: list[Source] = []
        with _pool(settings, workers) as pool:
            running: dict[Future[list[str]], Source] = {}
            while True:
                # A few ahead, so that no worker waits; not all, so that memory stays flat.
                while not suspects and len(running) < 3 * workers:
                    source = next(queue, None)
                    if source is None:
                        break
                    try:
                        running[pool.submit(_work, source, out)] = source
                    except BrokenProcessPool:
                        suspects.append(source)
                if not running:
                    break
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    source = running.pop(future)
                    try:
                        yield source, future.result()
                    except BrokenProcessPool:
                        suspects.append(source)
        if not suspects:
            return
        yield from _one_by_one(suspects, out, settings, models)


def _one_by_one(
    suspects: Sequence[Source], out: Path, settings: Settings, models: list[ModelIdentity]
) -> Iterator[tuple[Source, list[str]]]:
    queue = iter(suspects)
    source = next(queue, None)
    while source is not None:
        with _pool(settings, 1) as pool:
            lives = True
            while lives and source is not None:
                try:
                    lines = pool.submit(_work, source, out).result()
                except BrokenProcessPool:
                    problem = "its analysis ended the process, perhaps for want of memory"
                    lines = [_failed(source, models, f"{source.shown}: {problem}")]
                    lives = False
                yield source, lines
                source = next(queue, None)


@contextlib.contextmanager
def _pool(settings: Settings, workers: int) -> Iterator[ProcessPoolExecutor]:
    # Spawned on every system: forking a process that has run ONNX Runtime's threads can hang.
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), _start_worker, (settings,)
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _describe_run(inputs: Sequence[Path], settings: Settings, analyzer: Analyzer) -> dict[str, Any]:
    """Say what decides the findings; two runs that agree in this give the same."""
    arguments = {
        "inputs": [str(entry) for entry in inputs],
        "segmenter": settings.segmenter,
        "classifier": settings.classifier,
        "mm_per_px": settings.mm_per_px,
        "text": None if settings.text is None else as_text(settings.text),
        "explain": settings.explain,
        "probabilities": settings.probabilities,
        "every": settings.every,
        # By its content: the same table with other words gives other findings.
        "text_file": None
        if settings.text_file is None
        else {"path": as_text(settings.text_file), "sha256": sha256_of(settings.text_file)},
    }
    return {
        "nodulens": nodulens.__version__,
        "notice": NOTICE,
        "schema_version": SCHEMA_VERSION,
        "arguments": arguments,
        "models": [identity.model_dump() for identity in analyzer.models],
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def _prepare(out: Path, run: dict[str, Any], resume: bool) -> None:
    """Make the folder of the results ready, or refuse it."""
    if out.exists() and not out.is_dir():
        raise NodulensError(f"{out}: a file; give a folder for the results")
    if out.is_dir() and any(not path.name.startswith(".") for path in out.iterdir()):
        earlier = _earlier_run(out)
        if earlier is None:
            raise NodulensError(
                f"{out}: not empty, and not the results of an earlier run; give another folder"
            )
        different = [key for key in run if earlier.get(key) != run[key]]
        if different:
            raise NodulensError(
                f"{out}: holds the results of a run with other {' and '.join(different)} "
                f"(see {RUN} there); give another folder, or the same arguments and --resume"
            )
        if not resume:
            raise NodulensError(
                f"{out}: holds an earlier run with the same arguments; add --resume to go on with "
                "it, or give another folder"
            )
        # What a kill left half written.
        for folder in _PICTURES:
            for part in (out / folder).rglob(".*.part"):
                part.unlink(missing_ok=True)
    write_json(out / RUN, {**run, "status": "running"})


def _earlier_run(out: Path) -> dict[str, Any] | None:
    try:
        content = json.loads((out / RUN).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and "nodulens" in content else None


def _finish(out: Path, run: dict[str, Any], counts: Counts) -> Counts:
    """Write what is about all findings together, and complete the counts."""
    inputs = hashlib.sha256()
    for finding in read_findings(out / FINDINGS):
        inputs.update(f"{finding.source}\0{finding.frame}\0{finding.sha256}\n".encode())
        counts.errors += finding.error is not None
        counts.frames += finding.error is None
        counts.frames_without_nodule += finding.error is None and not finding.nodules
        counts.nodules += sum(nodule.is_reported for nodule in finding.nodules)
    write_summary(out / SUMMARY, reported(read_findings(out / FINDINGS)))
    # Not how they came about: an interrupted run ends like any other.
    recorded = {key: value for key, value in asdict(counts).items() if key != "resumed"}
    write_index(out / INDEX, reported(read_findings(out / FINDINGS)), run["models"], recorded)
    write_json(out / SCHEMA, json_schema())
    write_json(
        out / RUN,
        {**run, "status": "complete", "counts": recorded, "inputs_sha256": inputs.hexdigest()},
    )
    return counts
