"""The command ``nodulens serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nodulens.cli_weights import Store


def serve(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port; 0 for any that is free.")
    ] = 8631,
    data: Annotated[
        Path | None, typer.Option(help="Folder for all that it keeps, instead of the user's.")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="NODULENS_TOKEN",
            help="What callers must know; needed unless it listens on this machine alone.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="Further name under which browsers reach it; may be repeated."),
    ] = None,
    segmenter: Annotated[
        str, typer.Option(help="Bundle that outlines, by its name.")
    ] = "ddti-unet-lite0",
    classifier: Annotated[
        str, typer.Option(help="Bundle that estimates malignancy, by its name, or none.")
    ] = "ddti-malignancy",
    store: Store = None,
    stow: Annotated[
        str | None, typer.Option(metavar="URL", help="DICOMweb server that takes results.")
    ] = None,
    max_upload_mb: Annotated[
        int, typer.Option(min=1, max=100_000, help="Most MiB of one upload, also unpacked.")
    ] = 2048,
    memory_mb: Annotated[
        int, typer.Option(min=512, help="Most MiB of each of its three processes that analyze.")
    ] = 4096,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open the browser.")
    ] = False,
) -> None:
    """Serve the workbench to this machine's browser: upload, analyze, correct, report.

    Runs until Ctrl-C or SIGTERM; what was answered with success is on the disk, and what waits is
    done the next time. Research use only.
    """
    from importlib.util import find_spec

    from nodulens.errors import NodulensError

    if any(find_spec(name) is None for name in ("fastapi", "uvicorn", "python_multipart")):
        raise NodulensError(
            "this command needs fastapi, uvicorn and python-multipart; install them with "
            "pip install 'nodulens[serve]'"
        )
    from nodulens.serve.run import serve as run
    from nodulens.serve.settings import Settings, default_data

    settings = Settings(
        data=data or default_data(),
        host=host,
        port=port,
        token=token,
        hosts=tuple(allow_host or ()),
        segmenter=segmenter,
        classifier=None if classifier == "none" else classifier,
        store=store,
        stow=stow,
        upload_bytes=max_upload_mb * 2**20,
        memory_bytes=memory_mb * 2**20,
    )

    def ready(address: str) -> None:
        typer.echo(f"Nodulens serves at {address} (research use only); Ctrl-C stops it")
        if not no_browser:
            import webbrowser

            webbrowser.open(address)

    run(settings, ready)
