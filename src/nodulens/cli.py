"""The command ``nodulens``.

Exit status: 0 all went well · 2 wrong usage, or something that must be mended first · 3 some of the
inputs failed, the others are done · 130 interrupted.

Each command calls one function of a room and imports it inside, so that ``nodulens --help`` answers
at once and works without the extras.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

import typer

from nodulens import __version__
from nodulens.cli_data import app as data_app
from nodulens.cli_deidentify import deidentify
from nodulens.cli_node import node
from nodulens.cli_serve import serve
from nodulens.cli_text import app as text_app
from nodulens.cli_train import benchmark, crossval, evaluate, explain, export, train
from nodulens.cli_weights import CLASSIFIER, SEGMENTER, Classifier, Segmenter, Store
from nodulens.cli_weights import app as weights_app
from nodulens.errors import NodulensError

if TYPE_CHECKING:
    from nodulens.dicom.results import Objects
    from nodulens.dicom.seg import Segmentation
    from nodulens.report.batch import Counts

SOME_FAILED = 3
"""Exit status where some inputs failed."""

app = typer.Typer(
    help="Thyroid ultrasound in; outlined nodule, measurements and malignancy out. "
    "Research use only.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(weights_app, name="weights")
app.add_typer(data_app, name="data")
app.add_typer(text_app, name="text")


class Progress(Protocol):
    """How a command hears how far a batch is."""

    def __call__(self, done: int, total: int, before: int) -> None:
        """Take the number of files done, of all, and of those that were done before."""


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nodulens {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


@app.command()
def analyze(
    inputs: Annotated[
        list[Path],
        typer.Argument(metavar="INPUT...", help="Images, DICOM files, or folders of them."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")],
    segmenter: Segmenter = SEGMENTER,
    classifier: Classifier = CLASSIFIER,
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="Processes; each takes about 300 MB.")
    ] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an interrupted run stopped.")
    ] = False,
    mm_per_px: Annotated[
        float | None,
        typer.Option(help="Millimetres a pixel of every picture, instead of the files' own."),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(help="Words about the nodule, for every picture; none: without any words."),
    ] = None,
    text_file: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Table of words: a column file and a column text."),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", help="Also map what the classifier looked at; seconds more a nodule."
        ),
    ] = False,
    every: Annotated[
        int, typer.Option(min=1, metavar="N", help="Of a cine, analyze each Nth frame only.")
    ] = 1,
    dicom_seg: Annotated[
        bool, typer.Option("--dicom-seg", help="Also write outlines of DICOM files as DICOM SEG.")
    ] = False,
    dicom_sr: Annotated[
        bool, typer.Option("--dicom-sr", help="Also write a DICOM structured report on each.")
    ] = False,
    dicom_pdf: Annotated[
        bool, typer.Option("--dicom-pdf", help="Also write a PDF of each, encapsulated in DICOM.")
    ] = False,
    dicom_capture: Annotated[
        bool, typer.Option("--dicom-capture", help="Also write overlays as secondary captures.")
    ] = False,
    segmentation: Annotated[
        Literal["binary", "fractional", "labelmap"] | None,
        typer.Option(help="Form of the DICOM SEG; binary unless another is named."),
    ] = None,
    store: Store = None,
) -> None:
    """Outline, measure and judge the nodules of images and DICOM files.

    Folders are searched through. Writes findings.jsonl, summary.csv, masks, overlays, index.html.
    DICOM objects, where they are wanted, are about DICOM files only and lie in dicom/.
    Exit status 3: some files could not be analyzed; their errors stand beside the other findings.
    """
    from nodulens.report.batch import INDEX, Settings, analyze_files

    if text is not None and text_file is not None:
        raise typer.BadParameter("give --text or --text-file, not both")
    if text is not None and not text.strip():
        raise typer.BadParameter("--text is empty; give words, or none to outline without any")
    if segmentation is not None and not dicom_seg:
        raise typer.BadParameter("--segmentation is the form of --dicom-seg; give that, too")
    wanted = _wanted(dicom_seg, dicom_sr, dicom_pdf, dicom_capture, segmentation or "binary")
    settings = Settings(
        segmenter,
        None if classifier == "none" else classifier,
        mm_per_px,
        store,
        text=text,
        text_file=text_file,
        explain=explain,
        every=every,
        probabilities=segmentation == "fractional",
    )
    with _progress_bar() as progress:
        counts = analyze_files(
            inputs, out, settings, workers=workers, resume=resume, progress=progress
        )
    typer.echo(_summary(counts))
    typer.echo(f"Open {out / INDEX}")
    if counts.errors + _write_objects(out, wanted):
        raise typer.Exit(SOME_FAILED)


for _command in (deidentify, node, serve, train, evaluate, crossval, benchmark, explain, export):
    app.command()(_command)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a line of findings.jsonl."""
    import json

    from nodulens.finding import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))


def main() -> None:
    """Run the command line; a NodulensError becomes its message and exit status 2."""
    try:
        app()
    except NodulensError as error:
        _complain(str(error))
        sys.exit(2)


def _wanted(
    seg: bool, sr: bool, pdf: bool, capture: bool, segmentation: Segmentation
) -> Objects | None:
    """Return which DICOM objects are wanted; None where none is, and nothing is imported."""
    if not (seg or sr or pdf or capture):
        return None
    from nodulens.dicom.results import Objects

    return Objects(seg, sr, pdf, capture, segmentation)


def _write_objects(out: Path, wanted: Objects | None) -> int:
    """Write them, say so, and return how many could not be made."""
    if wanted is None:
        return 0
    from nodulens.dicom.results import FOLDER, write_results

    written = write_results(out, wanted)
    for error in written.errors:
        _complain(error)
    parts = [f"DICOM objects in {out / FOLDER}: {len(written.files)}"]
    if written.left_out:
        parts.append(f"files that are not DICOM: {written.left_out}")
    if written.errors:
        parts.append(f"objects that failed: {len(written.errors)}")
    typer.echo(", ".join(parts))
    return len(written.errors)


def _complain(error: str) -> None:
    message = error.encode("utf-8", "backslashreplace").decode("utf-8")
    typer.echo(f"nodulens: {message}", err=True)


def _summary(counts: Counts) -> str:
    parts = [
        f"frames analyzed: {counts.frames}",
        f"nodules: {counts.nodules}",
        f"frames without a nodule: {counts.frames_without_nodule}",
        f"files that failed: {counts.errors}",
    ]
    if counts.resumed:
        parts.append(f"files done before: {counts.resumed}")
    if counts.left_out:
        masks = counts.masks_left_out
        parts.append(
            f"other files left out: {counts.left_out}"
            + (f" (masks beside their image: {masks})" if masks else "")
        )
    if counts.without_text:
        parts.append(f"files without words in the table: {counts.without_text}")
    if counts.texts_unused:
        parts.append(f"rows of words for no file here: {counts.texts_unused}")
    return ", ".join(parts)


@contextmanager
def _progress_bar() -> Iterator[Progress]:
    """Show files done, rate and time left on the error stream."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            # Over the whole run; files done by an earlier one do not count.
            done = task.completed - task.fields.get("before", 0)
            return Text(f"{done / task.elapsed:.1f} files/s" if task.elapsed else "")

    columns = [
        TextColumn("analyzing"), BarColumn(), MofNCompleteColumn(), Rate(), TimeElapsedColumn(),
        TextColumn("left"), TimeRemainingColumn(),
    ]  # fmt: skip
    bar = Bar(*columns, console=Console(stderr=True))
    task = bar.add_task("", start=False)

    def show(done: int, total: int, before: int) -> None:
        if done == before:
            # Not before there is something to do: wrong usage has its message alone.
            bar.start()
            bar.reset(task, total=total, completed=before, before=before)
        bar.update(task, completed=done)

    try:
        yield show
    finally:
        bar.stop()


if __name__ == "__main__":
    main()
