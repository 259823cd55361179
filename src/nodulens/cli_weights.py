"""``nodulens weights``: which model bundles there are, whether they are whole, and new ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nodulens.errors import BadData

app = typer.Typer(
    help="List, verify and import model bundles; convert reference checkpoints.",
    no_args_is_help=True,
)

Store = Annotated[
    Path | None, typer.Option("--store", help="Folder of bundles, instead of the user's store.")
]
Segmenter = Annotated[str, typer.Option(help="Bundle that outlines: a name or a folder.")]
Classifier = Annotated[
    str, typer.Option(help="Bundle that estimates malignancy: a name, a folder, or none.")
]
SEGMENTER, CLASSIFIER = "ddti-unet-lite0", "ddti-malignancy"
"""The analyzer's own, which are written here once more: to import it takes a second."""


@app.command("list")
def list_bundles(store: Store = None) -> None:
    """List the bundles by name, with task, version and training data."""
    from nodulens.runtime.bundle import load_bundle
    from nodulens.runtime.store import available_bundles, user_store

    bundles = available_bundles(store)
    for name, folder in bundles.items():
        try:
            description = load_bundle(folder).description
        except BadData as error:
            typer.echo(f"{name}\tNOT USABLE: {error}")
            continue
        typer.echo(
            f"{name}\t{description.task}\tversion {description.version}\t"
            f"trained on {description.training.data}\t{folder}"
        )
    if not bundles:
        typer.echo(f"no bundle, neither shipped nor in {store or user_store()}")


@app.command("verify")
def verify_bundles(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME...]", help="Names or folders; all if none.")
    ] = None,
    store: Store = None,
) -> None:
    """Check every file of bundles against its SHA-256, and load them as an analysis does.

    Exit status 3: a bundle is not whole.
    """
    from nodulens.analysis.classifier import NoduleClassifier
    from nodulens.runtime.bundle import load_bundle
    from nodulens.runtime.session import OnnxSegmenter
    from nodulens.runtime.store import available_bundles, find_bundle

    failed = False
    for name in names or available_bundles(store):
        folder = find_bundle(name, store)
        try:
            bundle = load_bundle(folder)
            if bundle.description.task == "segmentation":
                OnnxSegmenter(bundle)
            else:
                NoduleClassifier(bundle)
        except BadData as error:
            failed = True
            typer.echo(f"{name}: FAILED: {error}")
        else:
            typer.echo(f"{name}: OK, SHA-256 {bundle.identity.sha256}")
    if failed:
        raise typer.Exit(3)


@app.command("import")
def import_weights(
    source: Annotated[Path, typer.Argument(help="Folder or ZIP archive of a bundle.")],
    store: Store = None,
) -> None:
    """Copy a bundle into the store, verified."""
    from nodulens.runtime.store import import_bundle

    folder = import_bundle(source, store)
    typer.echo(f"{folder.name}: imported into {folder}")


@app.command("convert")
def convert_weights(
    network: Annotated[
        str, typer.Argument(help="Network whose reference it is: clip-tnseg or transunet.")
    ],
    file: Annotated[Path, typer.Argument(help="Reference checkpoint, a PyTorch state dict.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the run to write.")],
    clip: Annotated[
        Path | None,
        typer.Option("--clip", help="For clip-tnseg: OpenAI's CLIP ViT-B/16."),
    ] = None,
) -> None:
    """Turn a reference checkpoint into a run that can be evaluated and exported."""
    from nodulens.training.convert import convert

    result = convert(network, file, out, clip=clip)
    typer.echo(f"used: {len(result.used)} tensors, all that {network} has; missed: none")
    for reason, names in result.skipped.items():
        typer.echo(f"skipped: {len(names)}, {reason}: {', '.join(names)}")
    typer.echo(f"{out}: written; every name is in its run.json")
