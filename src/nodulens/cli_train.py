"""Commands of the learning side; they need the ``[train]`` extra."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from nodulens.errors import NodulensError

Data = Annotated[Path, typer.Option("--data", help="Folder of an imported data set.")]


def train(
    recipe: Annotated[str, typer.Argument(help="TOML file, or the name of a shipped recipe.")],
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder of the run; an interrupted one is resumed.")],
    fold: Annotated[
        int | None, typer.Option(min=0, help="Fold that stays unseen; without it, all is used.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Override, as in training.epochs=10.")
    ] = None,
    views: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Fixed augmentation views an image, so that a frozen backbone looks at each once;"
            " the recipe's training.views.",
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(help="Folder for what frozen backbones say; `features` beside OUT."),
    ] = None,
    without: Annotated[
        list[int] | None, typer.Option(min=0, help="Further fold that stays unseen.")
    ] = None,
    cache_gb: Annotated[
        float, typer.Option(min=0, help="Largest size of that folder; 0 keeps nothing.")
    ] = 20,
) -> None:
    """Train a recipe; started again after a kill, go on where it was."""
    _need_training_extra()
    from rich import print as show

    from nodulens.training.recipe import read_recipe
    from nodulens.training.train_recipe import train_recipe

    settings = [*(set_ or []), *([] if views is None else [f"training.views={views}"])]
    run = train_recipe(
        read_recipe(recipe, settings),
        data,
        out,
        fold,
        without or [],
        cache=cache,
        cache_gb=cache_gb,
    )
    if "forest" in run:
        show(
            f"{out}: a forest of {run['items']['training']} nodules in "
            f"{run['images']['training']} images; evaluate it on unseen ones with "
            f"`nodulens evaluate {out} --data {data}`"
        )
        return
    best, parameters = run["best"], run["parameters"]
    if parameters["frozen"]:
        show(
            f"{parameters['trainable']:,} parameters learned; full fine-tuning would have learned "
            f"{parameters['full_fine_tuning']:,}"
        )
    show(
        f"{out}: best {best['score']} {best['value']:.4f} on its validation part; kept epoch "
        f"{run['kept_epoch'] + 1} of {run['epochs_run']}; evaluate it on unseen images with "
        f"`nodulens evaluate {out} --data {data}`"
    )


def evaluate(
    sources: Annotated[
        list[str], typer.Argument(help="Runs and bundles; several runs are pooled fold by fold.")
    ],
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for metrics.json and the pages.")],
    fold: Annotated[
        int | None, typer.Option(min=0, help="Evaluate on this fold (a run knows its own).")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Evaluate on every image.")] = False,
    segmenter: Annotated[
        list[str] | None,
        typer.Option(
            "--segmenter",
            help="For classifiers: take regions from these runs or bundle instead of the drawn"
            " outlines.",
        ),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(min=0, max=1, help="Instead of the model's own.")
    ] = None,
    prompts: Annotated[
        bool,
        typer.Option(
            "--prompts",
            help="Of runs that read words: with none, fixed, predicted, the annotation's, and wrong"
            " ones.",
        ),
    ] = False,
) -> None:
    """Compare what a model says with what the data set says, honestly."""
    _need_training_extra()
    from rich import print as show

    from nodulens.training.evaluate import evaluate as run_evaluation

    with _progress("evaluating") as progress:
        lines = run_evaluation(
            sources,
            data,
            out,
            fold=fold,
            every=all_,
            segmenters=segmenter or [],
            threshold=threshold,
            prompts=prompts,
            progress=progress,
        )
    show("\n".join(lines))


def benchmark(
    study: Annotated[
        Path, typer.Argument(metavar="STUDY.toml", help="File that names what is compared.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the page and the tables; the file's own.")
    ] = None,
) -> None:
    """Compare networks in one table a task: a page with figures, CSV, Markdown, LaTeX, checklists.

    Finished runs and evaluations are collected; those that are missing are made, resumably. Rows of
    a table are compared with its reference on the same images; evaluations of different images are
    refused.
    """
    _need_training_extra()
    from rich.console import Console

    from nodulens.training.benchmark import benchmark as run_benchmark

    progress = Console(stderr=True)
    lines = run_benchmark(study, out, lambda text: progress.print(text, markup=False))
    typer.echo("\n".join(lines))


def export(
    run: Annotated[
        Path,
        typer.Argument(help="Folder of a finished run, or of a cross-validation with --final."),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write.")],
    data: Annotated[Path, typer.Option(help="Data set for the parity check on real frames.")],
    name: Annotated[str | None, typer.Option(help="Name of the bundle; the folder's.")] = None,
    version: Annotated[str, typer.Option(help="Version of the bundle.")] = "1.0.0",
    metrics: Annotated[
        list[Path] | None, typer.Option(help="metrics.json files whose headline goes along.")
    ] = None,
    calibration: Annotated[
        Path | None,
        typer.Option(help="calibration.json from `nodulens evaluate` of out-of-fold runs."),
    ] = None,
    note: Annotated[
        list[str] | None, typer.Option(help="Sentence for the model card's training section.")
    ] = None,
    system: Annotated[
        str | None,
        typer.Option(help="Of a cross-validation: one of its classifiers, or fusion of all."),
    ] = None,
) -> None:
    """Export a run to a bundle that analyzes without torch, and check that it says the same."""
    _need_training_extra()
    from rich import print as show

    from nodulens.training.export import export_run
    from nodulens.training.export_classifier import export_classifier
    from nodulens.training.judgement import CROSSVAL

    if (run / CROSSVAL).is_file():
        if system is None or metrics or calibration:
            raise NodulensError(
                f"{run}: a cross-validation; say which --system, without --metrics and "
                "--calibration, which it knows itself"
            )
        worst = export_classifier(
            run, system, out, data, name=name or out.name, version=version, notes=note or []
        )
        show(f"{out}: exported; largest difference from its parts on real frames {worst:.1e}")
        return
    if system is not None:
        raise NodulensError(f"{run}: --system is of a cross-validation, and {CROSSVAL} not there")
    worst = export_run(
        run,
        out,
        data,
        name=name or out.name,
        version=version,
        metrics=metrics or [],
        calibration=calibration,
        notes=note or [],
    )
    show(f"{out}: exported; largest difference from torch on real frames {worst:.1e}")


def crossval(
    recipes: Annotated[
        list[str],
        typer.Argument(help="TOML files or names of shipped recipes: segmentations, classifiers."),
    ],
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for runs, outlines, answers and figures.")],
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with what is there after a kill.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Trainings at a time.")] = 1,
    nested: Annotated[
        bool,
        typer.Option(
            "--nested",
            help="Inner folds, too, on predicted outlines: many more trainings of segmentations.",
        ),
    ] = False,
    final: Annotated[
        bool, typer.Option("--final", help="Also train on all folds, for `nodulens export`.")
    ] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Override in one recipe, as in NAME:training.epochs=10."),
    ] = None,
) -> None:
    """Cross-validate outline, region or features, judgement and calibration together."""
    _need_training_extra()
    from rich import print as show

    from nodulens.training.crossval import crossval as run_crossval
    from nodulens.training.recipe import read_recipes

    run_crossval(
        read_recipes(recipes, set_ or []),
        data,
        out,
        resume=resume,
        jobs=jobs,
        nested=nested,
        final=final,
        say=show,
    )
    # As it stands in the file: rich would break the lines of its tables.
    typer.echo((out / "crossval.md").read_text("utf-8"))


def explain(
    runs: Annotated[list[str], typer.Argument(help="Runs of a classifier, each with a fold.")],
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for explain.json and explain.html.")],
    fold: Annotated[
        int | None, typer.Option(min=0, help="Explain on this fold (a run knows its own).")
    ] = None,
    images: Annotated[
        int, typer.Option(min=1, help="How many, evenly spread; up to half a minute each.")
    ] = 12,
    segmenter: Annotated[
        list[str] | None,
        typer.Option(
            "--segmenter",
            help="Take regions from these runs or bundle instead of the drawn outlines.",
        ),
    ] = None,
) -> None:
    """Show what classifiers look at, and check whether the maps mean anything."""
    _need_training_extra()
    from rich import print as show

    from nodulens.training.explain import explain as run_explanation

    with _progress("explaining") as progress:
        lines = run_explanation(
            runs,
            data,
            out,
            fold=fold,
            images=images,
            segmenters=segmenter or [],
            progress=progress,
        )
    show("\n".join(lines))


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar that is called with the number of images done and of all images."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _need_training_extra() -> None:
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise NodulensError(
            "this command needs torch; install it with pip install 'nodulens[train]'"
        )
