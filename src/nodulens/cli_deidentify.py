"""The command ``nodulens deidentify``: files that can be given away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def deidentify(
    source: Annotated[
        Path, typer.Argument(metavar="IN", help="A DICOM file or picture, or a folder of them.")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for the results.")],
    key: Annotated[
        Path | None,
        typer.Option(help="File of the secret key; made if it is not there. [OUT-key.txt]"),
    ] = None,
    review: Annotated[
        Path | None,
        typer.Option(help="Page to look through, with the originals. [OUT-review.html]"),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Also write the table of originals and pseudonyms."),
    ] = None,
    keep_private: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CREATOR:GGGGxxEE", help="A private attribute to keep; may be repeated."
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an interrupted run stopped.")
    ] = False,
) -> None:
    """Take identity out of DICOM files and pictures: attributes, words on the pixels, names.

    DICOM PS3.15 Basic Profile with Clean Pixel Data, Clean Graphics and modified dates. Look
    through the page afterwards: no program finds every word. Research use only. Exit status 3: some
    files were left out, and the reasons are said.
    """
    from nodulens.dicom.deidentify import Settings, deidentify_files

    settings = Settings.beside(
        out, key=key, review=review, mapping=mapping, keep_private=keep_private or ()
    )
    counts = deidentify_files(source, out, settings, resume=resume)
    for failure in counts.failures:
        typer.echo(failure, err=True)
    parts = [f"files written: {counts.written}", f"files left out: {len(counts.failures)}"]
    if counts.resumed:
        parts.append(f"written before: {counts.resumed}")
    if counts.left_out:
        parts.append(f"other files not looked at: {counts.left_out}")
    typer.echo(", ".join(parts))
    if counts.new_key:
        typer.echo(f"New key in {settings.key}: keep it secret, and use it again for more files")
    typer.echo(f"Look through {settings.review}; it shows identifiers, so do not give it away")
    if counts.failures:
        raise typer.Exit(3)
