"""The commands ``nodulens data …``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from nodulens.data.imports import ImportReport

app = typer.Typer(
    name="data", no_args_is_help=True, help="Import, check, split and invent learning data."
)

_BAD_FILES = 3
"""Exit status where some files could not be used and everything else is done."""
_MANY = 12
"""Labels with more values than this are summed up instead of listed."""


class Kind(StrEnum):
    """Published layouts that can be imported."""

    ddti = "ddti"
    tn3k = "tn3k"
    busi = "busi"
    lvit = "lvit"
    folder = "folder"


@app.command("import")
def import_(
    kind: Annotated[Kind, typer.Argument(help="The published layout.", show_default=False)],
    source: Annotated[Path, typer.Argument(metavar="SRC", help="The published folder.")],
    out: Annotated[Path, typer.Option(help="Folder of the imported set.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all, write nothing.")] = False,
    labels: Annotated[
        Path | None, typer.Option(help="CSV: file, any labels, text, patient, split.")
    ] = None,
) -> None:
    """Import images, masks, labels and texts of a published layout.

    Everything odd is reported. Exit status 3: some files could not be used; the rest is imported.
    """
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from nodulens.data.imports import import_dataset

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed} images"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("import", total=None)
        report = import_dataset(
            kind.value,
            source,
            out,
            dry_run=dry_run,
            labels_csv=labels,
            progress=lambda _: progress.advance(task),
        )
    _print_import(report)
    if report.lost:
        raise typer.Exit(_BAD_FILES)


@app.command()
def split(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An imported set.")],
    folds: Annotated[int, typer.Option(min=2, help="How many parts to deal.")] = 5,
    seed: Annotated[int, typer.Option(help="Seed of the deal.")] = 0,
    published: Annotated[
        bool,
        typer.Option("--published", help="Instead: the publisher's val and test become fold 0."),
    ] = False,
) -> None:
    """Deal the images into folds, with patients and copies of pictures kept together."""
    from rich.console import Console
    from rich.table import Table

    from nodulens.data.splits import hold_out_published, split_dataset

    result = hold_out_published(folder) if published else split_dataset(folder, folds, seed)
    names = sorted({name for fold in result.folds for name in fold.malignancy})
    table = Table("fold", "images", "groups", "masks", *names)
    for fold in result.folds:
        counts = [fold.images, fold.groups, fold.masks]
        counts += [fold.malignancy.get(name, 0) for name in names]
        table.add_row(str(fold.fold), *map(str, counts))
    console = Console()
    console.print(table)
    console.print(
        f"{result.images} images in {result.groups} groups, the largest of {result.largest_group}; "
        f"{len(result.joined)} groups join several patients or images by copies"
    )


def _print_import(report: ImportReport) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    verb = "would import" if report.dry_run else "imported"
    console.print(
        f"[bold]{verb} {report.images} images[/] ({report.bytes / 1e6:.1f} MB), "
        f"{report.masks} masks ({report.empty_masks} empty), {report.texts} texts, "
        f"{report.patients} patients → {escape(report.out)}"
    )
    for name, counts in {"split": report.splits, **report.labels}.items():
        if len(counts) > _MANY:
            console.print(f"  {name}: {sum(counts.values())} images, {len(counts)} values")
        elif counts:
            listed = ", ".join(f"{value} {count}" for value, count in counts.items())
            console.print(f"  {name}: {escape(listed)}")
    for group in report.oddities:
        shown = ", ".join(Path(name).name for name in group.files[:3])
        more = " …" if len(group.files) > 3 else ""
        style = "red" if group.lost else "yellow"
        console.print(f"[{style}]{len(group.files)} ×[/] {escape(f'{group.what} ({shown}{more})')}")
    console.print(f"licence: {escape(report.licence)}")


@app.command()
def audit(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An imported set.")],
    out: Annotated[Path, typer.Option(help="Folder for audit.json and index.html.")],
) -> None:
    """Look for copies, leaks between folds, bad masks and burned-in words.

    Exit status 3: something was found that makes training or evaluation wrong.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress

    from nodulens.data.audit import audit_dataset
    from nodulens.data.audit_page import PAGE, write_audit

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("looking")
        result = audit_dataset(
            folder, lambda done, of: progress.update(task, completed=done, total=of)
        )
        write_audit(result, folder, out)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{result.images} images[/], {result.masks} masks, {result.groups} groups")
    colours = {"error": "red", "warning": "yellow", "note": "cyan"}
    for check in result.checks:
        colour = colours[check.severity] if check.cases else "green"
        console.print(f"[{colour}]{len(check.cases):6}[/]  {escape(check.title)}")
    console.print(f"→ {escape(str(out / PAGE))}")
    if result.errors:
        raise typer.Exit(_BAD_FILES)


@app.command("phantom")
def phantom_(
    count: Annotated[int, typer.Argument(metavar="N", min=1, help="How many frames.")],
    out: Annotated[Path, typer.Option(help="Folder of the set.")],
    seed: Annotated[int, typer.Option(min=0, help="Seed of the set.")] = 0,
    split_screens: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Share of frames with two views; 0.2, or 0 with two nodules.",
            show_default=False,
        ),
    ] = None,
    two_nodules: Annotated[
        bool,
        typer.Option("--two-nodules", help="In every frame, and a text for each that means it."),
    ] = False,
    width: Annotated[int, typer.Option(min=320, help="Of a frame, in pixels.")] = 640,
    height: Annotated[int, typer.Option(min=240, help="Of a frame, in pixels.")] = 480,
) -> None:
    """Invent thyroid frames with exact masks, labels, descriptions and scale."""
    from rich.console import Console
    from rich.progress import Progress

    from nodulens.data.phantom_set import write_phantoms

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("inventing", total=count)
        write_phantoms(
            count,
            out,
            seed=seed,
            split_screens=split_screens,
            two_nodules=two_nodules,
            width=width,
            height=height,
            progress=lambda done: progress.update(task, completed=done),
        )
    Console(highlight=False, soft_wrap=True).print(f"[bold]{count} phantoms[/] → {out}")
