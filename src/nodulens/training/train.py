"""Train a recipe on a data set, resumably.

    nodulens train unet-lite0 --data DATA --fold 0 --out runs/fold0

A run's folder holds ``recipe.toml`` (resolved), ``run.json`` (data, versions, scores),
``metrics.jsonl``, TensorBoard's files, the checkpoints while it trains, and at the end
``model.safetensors`` with ``network.json``.
"""

from __future__ import annotations

import logging
import shutil
import time
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import (
    EarlyStopping,
    EMAWeightAveraging,
    ModelCheckpoint,
    RichProgressBar,
)
from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.data import DataLoader

from nodulens.data.datasets import (
    EpochSampler,
    RegionDataset,
    Split,
    ViewDataset,
    label_values,
    listed,
    split_rows,
)
from nodulens.errors import BadData
from nodulens.files import write_json, write_text
from nodulens.models.checkpoint import save_network, start_from
from nodulens.models.feature_cache import FeatureCache
from nodulens.models.frozen import FrozenFeatures
from nodulens.models.guided import GuidedNetwork
from nodulens.models.parameters import count_parameters
from nodulens.models.registry import create_model, default_config
from nodulens.training.checkpoints import BEST, LAST, Checkpoints
from nodulens.training.distillation import DistillationTask
from nodulens.training.guided import GuidedTask
from nodulens.training.jsonl import JsonlLogger
from nodulens.training.recipe import Recipe, to_toml
from nodulens.training.record import RUN, begin
from nodulens.training.speed import (
    choose_precision,
    depthwise_in_float32,
    deterministic_without_filling,
    keep_freed_memory,
)
from nodulens.training.tasks import ClassificationTask, SegmentationTask, Task

Items = ViewDataset | RegionDataset


def train(
    recipe: Recipe,
    data: Path,
    out: Path,
    fold: int | None = None,
    cache: FeatureCache | None = None,
    without: Collection[int] = (),
) -> dict[str, Any]:
    """Train, or go on with a training that was interrupted in ``out``.

    Args:
        recipe: what to do.
        data: folder of a data set with a manifest.
        out: the run's folder.
        fold: number of the fold that stays unseen; None trains on all rows.
        cache: of what frozen backbones say; None computes it each time.
        without: numbers of further folds that stay unseen.

    Returns:
        What ``run.json`` says, with the best validation score.

    Raises:
        BadData: the data set does not fit, or ``out`` holds a run of another recipe or data.
    """
    settings = recipe.training
    rows, run, earlier = begin(recipe, data, out, fold, without)
    if earlier is not None and earlier["finished"]:
        return earlier
    last = _last(out)
    checkpoint = last if earlier is not None and last.is_file() else None
    split = split_rows(rows, fold, settings.validation, settings.seed)

    lightning.seed_everything(settings.seed, verbose=False)
    keep_freed_memory()
    deterministic_without_filling()
    vocabulary = _vocabulary(recipe, split)
    training, validation = _datasets(recipe, data, split, vocabulary)
    run["images"] = {"training": len(split.training), "validation": len(split.validation)}
    run["items"] = {"training": len(training), "validation": len(validation)}
    run["labels"] = vocabulary
    if recipe.task == "classification":
        assert isinstance(training, RegionDataset)
        run["label_counts"] = training.count(recipe.objective.classes)
    options = dict(recipe.network.options)
    if recipe.task == "classification":
        options["labels"] = sum(len(values) for values in vocabulary.values())
    if options.get("frozen") and not (recipe.network.start_from or options.get("pretrained")):
        raise BadData(
            f"recipe {recipe.name}: frozen stages need a start; give network.start_from=RUN of a "
            "training with recipe resnet18-start, or network.options.pretrained=true"
        )
    if recipe.objective.attributes:
        options["attributes"] = _attributes(recipe, split)
    network = create_model(recipe.network.name, **options)
    if recipe.network.start_from:
        start_from(network, Path(recipe.network.start_from))
    network = network.to(memory_format=torch.channels_last)
    precision = choose_precision(settings.precision)
    if precision == "bf16":
        depthwise_in_float32(network)
    # Values an image, not a pixel, are normalised over the batch, which needs two: a last batch of
    # one is left out.
    batches, rest = divmod(len(training), settings.batch_size)
    judges = recipe.task == "classification" or bool(recipe.objective.attributes)
    lonely = judges and rest == 1 and batches > 0
    steps = batches + (rest > 0) - lonely
    epochs = settings.epochs_of(steps)
    task = _task(recipe, network, steps * epochs, vocabulary, run, training, validation, cache)

    # Only now: a recipe that was refused leaves nothing that would stand in the way of the mended.
    write_text(out / "recipe.toml", to_toml(recipe))
    write_json(out / RUN, run)
    started = time.monotonic()
    trainer, best = _trainer(recipe, task, epochs, out, precision, checkpoint)
    with warnings.catch_warnings():
        # One process loads from memory; workers would only copy.
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings("ignore", message=".*number of training batches.*")
        # Frozen stages are, and mean to be.
        warnings.filterwarnings("ignore", message=".*module\\(s\\) in eval mode.*")
        # Lightning's own use of torch's pytree.
        warnings.filterwarnings("ignore", message=".*LeafSpec.*", category=FutureWarning)
        trainer.fit(
            task,
            DataLoader(
                training,
                batch_size=settings.batch_size,
                sampler=EpochSampler(len(training), settings.seed),
                drop_last=lonely,
                collate_fn=listed if recipe.input.fit == "crop" else None,
            ),
            DataLoader(validation, batch_size=settings.batch_size),
            ckpt_path=checkpoint,
            weights_only=True,
        )
    kept = best.best_model_path if settings.keep == "best" else last
    state = torch.load(kept, map_location="cpu", weights_only=True)
    task.load_state_dict(state["state_dict"])
    save_network(out, task.network, recipe.network.name, options)
    run |= {
        "finished": True,
        "best": {"score": task.score, "value": float(best.best_model_score or 0)},
        "kept_epoch": int(state["epoch"]),
        "epochs_run": trainer.current_epoch,
        "precision": precision,
        "seconds_since_start_or_resume": round(time.monotonic() - started, 1),
        "parameters": count_parameters(network),
    }
    write_json(out / RUN, run)
    # They hold the optimiser's state too, several times the weights; the weights are saved.
    shutil.rmtree(out / "checkpoints")
    return run


def _last(out: Path) -> Path:
    """Where the state after the latest finished epoch is, to go on from."""
    return out / "checkpoints" / LAST


def _vocabulary(recipe: Recipe, split: Split) -> dict[str, list[str]]:
    """Return the labels that a classifier learns with their values, the main label first."""
    if recipe.task != "classification":
        return {}
    objective = recipe.objective
    found = {name: label_values(split.training, name) for name in objective.auxiliary}
    return {objective.label: objective.classes} | {
        name: values for name, values in found.items() if len(values) > 1
    }


def _attributes(recipe: Recipe, split: Split) -> dict[str, list[str]]:
    """Return the labels that a guided network learns to name, with their values."""
    if not default_config(recipe.network.name).uses_text:
        raise BadData(
            f"recipe {recipe.name}: network {recipe.network.name!r} names no attributes; leave "
            "objective.attributes empty"
        )
    found = {name: label_values(split.training, name) for name in recipe.objective.attributes}
    missing = [name for name, values in found.items() if len(values) < 2]
    if missing:
        raise BadData(
            f"no two values of {missing[0]} to learn from; take it out of objective.attributes"
        )
    return found


def _datasets(
    recipe: Recipe, data: Path, split: Split, vocabulary: dict[str, list[str]]
) -> tuple[Items, Items]:
    size = (recipe.input.height, recipe.input.width)
    whole = recipe.input.fit == "crop"
    if whole and recipe.task != "segmentation":
        raise BadData(
            f'recipe {recipe.name}: input.fit="crop" is for segmentation; set "letterbox"'
        )
    if recipe.task != "classification":
        training: Items = ViewDataset(data, split.training, size, whole=whole)
        validation: Items = ViewDataset(data, split.validation, size)
    else:
        training = RegionDataset(data, split.training, size, vocabulary, recipe.region)
        validation = RegionDataset(data, split.validation, size, vocabulary, recipe.region)
    if not len(training) or not len(validation):
        wanted = f"mask and {recipe.objective.label}" if recipe.task == "classification" else "mask"
        raise BadData(f"{data}: no image with a {wanted} to train on")
    return training, validation


def _task(
    recipe: Recipe,
    network: torch.nn.Module,
    steps: int,
    vocabulary: dict[str, list[str]],
    run: dict[str, Any],
    training: Items,
    validation: Items,
    cache: FeatureCache | None,
) -> Task:
    config = default_config(recipe.network.name)
    if recipe.task == "distillation":
        return DistillationTask(network, config, recipe, steps)
    if config.task != recipe.task:
        raise BadData(f"network {recipe.network.name!r} does {config.task}, not {recipe.task}")
    if isinstance(network, GuidedNetwork):
        assert isinstance(training, ViewDataset)
        assert isinstance(validation, ViewDataset)
        towers = FrozenFeatures(network.backbone, network.depths, cache)
        return GuidedTask(
            network, config, recipe, steps, towers=towers, training=training, validation=validation
        )
    if recipe.words.source != "none":
        raise BadData(
            f"recipe {recipe.name}: network {recipe.network.name!r} does not read words; set "
            'words.source="none"'
        )
    if recipe.task == "segmentation":
        assert isinstance(training, ViewDataset)
        return SegmentationTask(network, config, recipe, steps, training.contents)
    widths = [len(values) for values in vocabulary.values()]
    weights = None
    if recipe.objective.balance:
        counts = run["label_counts"]
        missing = [value for value, count in counts.items() if not count]
        if missing:
            raise BadData(
                f"no image to train on is {missing[0]}: classes cannot be balanced; leave it out "
                "of objective.classes, or set objective.balance=false"
            )
        number = torch.tensor(list(counts.values()), dtype=torch.float32)
        weights = number.sum() / (len(number) * number)
    return ClassificationTask(network, config, recipe, steps, widths, weights)


def _trainer(
    recipe: Recipe, task: Task, epochs: int, out: Path, precision: str, checkpoint: Path | None
) -> tuple[lightning.Trainer, ModelCheckpoint]:
    settings = recipe.training
    best = ModelCheckpoint(
        _last(out).parent,
        Path(BEST).stem,
        monitor=task.score,
        mode="max",
        enable_version_counter=False,
    )
    # A callback of its own: with save_last, Lightning writes only when the best one is written.
    last = ModelCheckpoint(_last(out).parent, _last(out).stem, enable_version_counter=False)
    callbacks: list[Any] = [best, last, RichProgressBar()]
    if settings.average:
        callbacks.append(EMAWeightAveraging(decay=settings.average))
    if settings.patience:
        callbacks.append(EarlyStopping(task.score, mode="max", patience=settings.patience))
    step = torch.load(checkpoint, weights_only=True)["global_step"] if checkpoint else None
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    trainer = lightning.Trainer(
        accelerator="cpu",
        devices=1,
        precision="bf16-mixed" if precision == "bf16" else "32-true",
        max_epochs=epochs,
        deterministic=True,
        callbacks=callbacks,
        plugins=[Checkpoints()],
        logger=[
            JsonlLogger(out / "metrics.jsonl", step),
            TensorBoardLogger(out, name="tensorboard", version=""),
        ],
        enable_model_summary=False,
        num_sanity_val_steps=0,
        gradient_clip_val=1.0,
        log_every_n_steps=1000,
    )
    return trainer, best
