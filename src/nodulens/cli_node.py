"""The command ``nodulens node``: beside a PACS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nodulens.cli_weights import CLASSIFIER, SEGMENTER, Classifier, Segmenter, Store
from nodulens.errors import NodulensError

if TYPE_CHECKING:
    from nodulens.dicom.queue import Counts, Queue
    from nodulens.dicom.send import Archive


def node(
    state: Annotated[
        Path, typer.Option(help="Folder for all that the node is entrusted with.")
    ] = Path("node-state"),
    ae_title: Annotated[str, typer.Option(help="The node's AE title.")] = "NODULENS",
    host: Annotated[
        str, typer.Option(help="Address to listen at; 0.0.0.0 for every one.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen at; not at all if none.")
    ] = None,
    peer: Annotated[
        list[str] | None,
        typer.Option(metavar="AE[@HOST]", help="Who may send; may be repeated."),
    ] = None,
    watch: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Take DICOM files from there, too.")
    ] = None,
    forward: Annotated[
        str | None, typer.Option(metavar="AE@HOST:PORT", help="Send results there by C-STORE.")
    ] = None,
    stow: Annotated[
        str | None, typer.Option(metavar="URL", help="Or send them there by STOW-RS.")
    ] = None,
    segmenter: Segmenter = SEGMENTER,
    classifier: Classifier = CLASSIFIER,
    store: Store = None,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that analyze; each takes about 300 MB.")
    ] = 1,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep objects and results that were sent.")
    ] = False,
    log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Log there, not to the error stream.")
    ] = None,
    status: Annotated[
        bool, typer.Option("--status", help="Only show how the node of --state is getting on.")
    ] = False,
    retry_dead: Annotated[
        bool, typer.Option("--retry-dead", help="Only give its dead letters a new chance.")
    ] = False,
) -> None:
    """Stand beside a PACS: ultrasound in, outlines and reports (DICOM SEG and SR) out.

    Takes objects in by C-STORE, from a folder or both, and answers with success only when they are
    on the disk. Runs until SIGTERM (exit status 0) or Ctrl-C (130); what is not done then is done
    the next time, also after a crash. With --status, exit status 3: there are dead letters.
    Research use only.
    """
    if status or retry_dead:
        _look(state, revive=retry_dead)
        return
    import signal
    import threading

    _need_pacs_extra()
    from nodulens.dicom.discretion import mute
    from nodulens.dicom.node import Plan, run
    from nodulens.dicom.receive import Peer
    from nodulens.report.batch import Settings

    plan = Plan(
        archive=_archive(forward, stow, ae_title),
        title=ae_title,
        host=host,
        port=port,
        peers=[Peer.parse(text) for text in peer or ()],
        watch=watch,
        settings=Settings(segmenter, None if classifier == "none" else classifier, store=store),
        workers=workers,
        keep=keep,
    )
    stop = threading.Event()
    told: list[int] = []

    def end(number: int, _: object) -> None:
        told.append(number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    mute()
    with _shown(log) as show:
        run(state, plan, stop, show=show)
    if signal.SIGINT in told:
        raise typer.Exit(130)


def _need_pacs_extra() -> None:
    from importlib.util import find_spec

    if find_spec("pynetdicom") is None or find_spec("dicomweb_client") is None:
        raise NodulensError(
            "this command needs pynetdicom and dicomweb-client; install them with "
            "pip install 'nodulens[pacs]'"
        )


def _archive(forward: str | None, stow: str | None, title: str) -> Archive:
    from nodulens.dicom.send import Forward, Stow

    if forward is not None and stow is None:
        return Forward.parse(forward, title)
    if stow is not None and forward is None:
        return Stow.parse(stow)
    raise typer.BadParameter(
        "give --forward or --stow, one of the two, so that results go somewhere"
    )


def _look(state: Path, *, revive: bool) -> None:
    """Show, or revive, without being the node; it may run meanwhile."""
    from nodulens.dicom.queue import Queue

    if not (state / "queue.sqlite").is_file():
        raise NodulensError(f"{state}: no node has worked there; check --state")
    queue = Queue(state)
    if revive:
        typer.echo(f"dead letters with a new chance: {queue.revive()}")
        return
    _report(queue)
    if queue.counts().dead:
        raise typer.Exit(3)


def _report(queue: Queue) -> None:
    typer.echo(_line(queue.counts()))
    typer.echo(", ".join(f"{state}: {count}" for state, count in queue.states().items()))
    for heading, jobs in (("tried again", queue.delayed()), ("dead", queue.dead())):
        for job in jobs:
            typer.echo(
                f"{heading}: object {job.number}, {job.state}, attempts: {job.attempts}: "
                f"{job.error}"
            )
    for why, count in queue.left_out().items():
        typer.echo(f"watched files left out: {count}: {why}")


def _line(counts: Counts) -> str:
    return (
        f"taken in: {counts.received}, waiting: {counts.waiting}, done: {counts.done}, "
        f"dead: {counts.dead}"
    )


@contextmanager
def _shown(log: Path | None) -> Iterator[Callable[[Counts], None]]:
    """Set the log up, and show counts: one live line on a terminal, else a line a change."""
    import logging
    import sys

    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from nodulens.dicom.discretion import LOG

    console = Console(stderr=True)
    live = Live("", console=console, auto_refresh=False) if console.is_terminal else None
    last: list[str] = []

    def show(counts: Counts) -> None:
        line = _line(counts)
        if live is not None:
            live.update(Text(line), refresh=True)
        elif last != [line]:
            last[:] = [line]
            typer.echo(line)

    class Above(logging.Handler):
        """Write above the live line."""

        def emit(self, record: logging.LogRecord) -> None:
            console.print(self.format(record), markup=False, highlight=False)

    handler: logging.Handler
    try:
        if log is not None:
            handler = logging.FileHandler(log, encoding="utf-8")
        else:
            handler = Above() if live is not None else logging.StreamHandler(sys.stderr)
    except OSError as error:
        raise NodulensError(
            f"{log}: cannot be written ({error.strerror}); give another --log"
        ) from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    try:
        if live is not None:
            live.start()
        yield show
    finally:
        if live is not None:
            live.stop()
        LOG.removeHandler(handler)
        handler.close()
