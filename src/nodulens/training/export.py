"""Export a run to a bundle: ONNX, description, card, and the proof that both say the same.

nodulens export runs/final --out weights/ddti-unet-lite0 --data DATA
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nodulens.data.datasets import split_rows
from nodulens.data.manifest import Row, identity, read_manifest
from nodulens.data.pairs import read_frame
from nodulens.errors import BadData, NodulensError
from nodulens.files import write_bytes, write_text
from nodulens.finding import NOTICE
from nodulens.models.backbones import minilm
from nodulens.models.deploy_guided import DeployedGuided
from nodulens.models.imagenet import LICENCE, PACKAGES
from nodulens.models.registry import default_config
from nodulens.runtime.bundle import (
    CARD,
    MODEL,
    Bundle,
    Calibration,
    Description,
    Input,
    Postprocessing,
    Training,
    seal_bundle,
)
from nodulens.runtime.preprocess import Letterbox
from nodulens.runtime.session import OnnxModel
from nodulens.runtime.text_encoder import Words
from nodulens.training.evaluate import read_calibration
from nodulens.training.export_words import wants_knowledge, write_words
from nodulens.training.onnx_graph import to_graph
from nodulens.training.recipe import Recipe
from nodulens.training.run import RUN, Run, load_run

PARITY = 1e-4
"""Largest difference in probability between torch and ONNX Runtime that an export may show."""
_PARITY_FRAMES = 12
_SMALL = 256
"""Tensors with fewer values are not worth a cast."""


def export_run(
    folder: Path,
    out: Path,
    data: Path,
    *,
    name: str,
    version: str,
    metrics: Sequence[Path] = (),
    calibration: Path | None = None,
    notes: Sequence[str] = (),
) -> float:
    """Write the bundle of a run.

    Args:
        folder: of the finished run.
        out: folder of the bundle; what is there of an earlier bundle is replaced.
        data: the data set that it was trained on; parity is checked on frames of it.
        name, version: of the bundle.
        metrics: ``metrics.json`` files whose headline figures the bundle carries.
        calibration: ``calibration.json`` of out-of-fold answers; its temperature goes into the
            graph of a classifier.
        notes: sentences for the card about the training, after those that are known.

    Returns:
        The largest difference in probability between torch and the exported graph.

    Raises:
        BadData: the run or the data set is not whole, or they do not belong together.
        NodulensError: the exported graph does not say what the network says.
    """
    run = load_run(folder)
    rows = read_manifest(data)
    known = run.record["data"]["identity"]
    if known is not None and known != identity(rows):
        raise BadData(f"{data}: is not the data set that {folder} was trained on")
    module, temperature = _deploy(run, calibration)
    _round_weights_to_half(module)
    description = _describe(run, data, rows, name, version, temperature, metrics, notes)
    with tempfile.TemporaryDirectory(dir=_parent(out)) as scratch:
        trial = Path(scratch) / "bundle"
        trial.mkdir()
        (trial / MODEL).write_bytes(_to_onnx(module, run.size))
        if isinstance(module, DeployedGuided):
            text = write_words(run, module.network, rows, trial)
            description = description.model_copy(update={"uses_text": True, "text": text})
        bundle = seal_bundle(trial, description)
        worst = _largest_difference(module, bundle, data, rows)
        if worst > PARITY:
            raise NodulensError(
                f"{folder}: the exported graph differs from torch by {worst:.1e} in probability, "
                f"more than {PARITY:.0e}; nothing was written"
            )
        for file in bundle.description.files:
            write_bytes(out / file, (trial / file).read_bytes())
    write_text(out / CARD, _card(description, worst))
    seal_bundle(out, description)
    return worst


def _parent(out: Path) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    return out.parent


def _deploy(run: Run, calibration: Path | None) -> tuple[torch.nn.Module, float | None]:
    if run.recipe.task == "segmentation":
        if calibration is not None:
            raise BadData(f"{calibration}: a segmentation is not calibrated by a temperature")
        if default_config(run.recipe.network.name).uses_text:
            return run.deployed_guided().eval(), None
        return run.deployed_segmenter().eval(), None
    if calibration is None:
        return run.deployed_classifier().eval(), None
    temperature = read_calibration(calibration)
    return run.deployed_classifier(temperature).eval(), temperature


def _to_onnx(module: torch.nn.Module, size: tuple[int, int]) -> bytes:
    example: dict[str, torch.Tensor] = {"pixels": torch.zeros((2, 1, *size), dtype=torch.uint8)}
    batch = torch.export.Dim("batch", min=1, max=1024)
    shapes: list[dict[int, Any]] = [{0: batch}]
    if isinstance(module, DeployedGuided):
        backbone = module.network.backbone
        # One of the two without words: from words alone, the exporter concludes that all have some.
        mask = torch.tensor([[True, True, False], [False, False, False]])
        example |= {
            "tokens": torch.randn(2, 3, backbone.text_width),
            "token_mask": mask,
            "pooled": torch.randn(2, backbone.pooled_width),
        }
        length = torch.export.Dim("length", min=1, max=4096)
        shapes += [{0: batch, 1: length}, {0: batch, 1: length}, {0: batch}]
        if wants_knowledge(module.network):
            example |= {
                "knowledge": torch.randn(2, 4, backbone.pooled_width),
                "known": torch.tensor([[True, True, True, False], [False] * 4]),
            }
            terms = torch.export.Dim("terms", min=1, max=4096)
            shapes += [{0: batch, 1: terms}, {0: batch, 1: terms}]
    model = to_graph(module, example, shapes, ["probability"])
    _store_weights_in_half(model)
    return bytes(model.SerializeToString())


def _round_weights_to_half(module: torch.nn.Module) -> None:
    """Give the network the weights that the bundle will hold, so that parity compares like."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(parameter.half().float())


def _store_weights_in_half(model: Any) -> None:
    """Halve the file: large weights as float16, cast to float32 once, when the graph is loaded.

    Arithmetic stays in float32. The rounding is far below what training with another seed changes.
    """
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < _SMALL:
            continue
        half = numpy_helper.to_array(tensor).astype(np.float16)
        if not np.array_equal(half.astype(np.float32), numpy_helper.to_array(tensor)):
            continue  # folded constants were not rounded before; they stay exact
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend(casts + nodes)


def _largest_difference(
    module: torch.nn.Module, bundle: Bundle, data: Path, rows: Sequence[Row]
) -> float:
    """Compare torch and ONNX Runtime on scan areas of frames spread over the data set."""
    step = max(1, len(rows) // _PARITY_FRAMES)
    model = OnnxModel(bundle)
    worst = 0.0
    for row in rows[::step][:_PARITY_FRAMES]:
        frame = read_frame(data, row)
        for area in frame.scan_areas:
            box = Letterbox((area.height, area.width), model.size)
            batch: NDArray[np.uint8] = box.into(frame.pixels[area.slices])[None, None]
            for words in _words_to_compare(model):
                told = [torch.from_numpy(part) for part in words or () if part is not None]
                with torch.inference_mode():
                    expected = module(torch.from_numpy(batch), *told).numpy()
                worst = max(worst, float(np.abs(model(batch, words) - expected).max()))
    return worst


def _words_to_compare(model: OnnxModel) -> list[Words | None]:
    """Return what both are told: nothing where no words are read, else none and the fixed ones."""
    if model.reader is None:
        return [None]
    fixed = model.reader(model.reader.description.fixed)
    # Copies: what an encoder remembers cannot be written to, which torch wants to be able to.
    copied = Words(*(None if part is None else part.copy() for part in fixed))  # type: ignore[arg-type]
    return [model.reader.no_words(), copied]


def _describe(
    run: Run,
    data: Path,
    rows: Sequence[Row],
    name: str,
    version: str,
    temperature: float | None,
    metrics: Sequence[Path],
    notes: Sequence[str],
) -> Description:
    recipe = run.recipe
    settings = recipe.training
    split = split_rows(rows, run.fold, settings.validation, settings.seed)
    vocabulary = run.record["labels"]
    learned = [
        row
        for row in split.training
        if row.mask is not None
        and (not vocabulary or any(row.labels.get(n) in values for n, values in vocabulary.items()))
    ]
    known = _starts(recipe)
    if recipe.task == "classification":
        known.append(
            "Learned the radiologist's suspicion (TI-RADS grade), not histology; sees the scan "
            "area only."
        )
    return Description(
        name=name,
        version=version,
        task=recipe.task,
        input=Input(height=recipe.input.height, width=recipe.input.width),
        threshold=run.threshold,
        postprocessing=Postprocessing(
            minimum_share=recipe.objective.minimum_share if recipe.task == "segmentation" else 0
        ),
        calibration=Calibration(method="temperature", temperature=temperature)
        if temperature
        else Calibration(),
        labels=recipe.objective.classes if recipe.task == "classification" else [],
        meaning=(
            f"{recipe.objective.classes[-1]} rather than {recipe.objective.classes[0]}, as the "
            "labels of the training set say"
            if recipe.task == "classification"
            else None
        ),
        region=recipe.region if recipe.task == "classification" else None,
        training=_converted(run, notes)
        or Training(
            data=f"{data.resolve().name}, set {run.record['data']['identity'][:16]}, "
            f"fold {'none held out' if run.fold is None else f'{run.fold} held out'}",
            licence="; ".join(sorted({row.licence for row in rows})),
            recipe=recipe.name,
            seed=settings.seed,
            images=len(learned),
            groups=len({row.group for row in learned}),
            notes=[*known, *notes],
        ),
        metrics={path.parent.name: _headline(path) for path in metrics},
    )


def _converted(run: Run, notes: Sequence[str]) -> Training | None:
    """Say where the weights of a converted reference checkpoint come from; None for others."""
    source = run.record.get("converted")
    if source is None:
        return None
    return Training(
        data="not known: converted from a checkpoint of the reference implementation",
        licence="not known: ask whoever gave the checkpoint",
        notes=[
            f"Converted from {source['file']}, SHA-256 {source['sha256']}.",
            f"The frozen CLIP weights: SHA-256 {source['clip_sha256']}.",
            *notes,
        ],
    )


def _starts(recipe: Recipe) -> list[str]:
    """Say where a recipe's weights start from, and under whose terms, back to the first run."""
    notes = []
    licence = default_config(recipe.network.name).pretrained_licence
    if recipe.network.options.get("pretrained", False) and licence:
        notes.append(f"Started from weights under {licence}.")
    if recipe.task == "distillation":
        notes.append(
            f"The features of {recipe.teacher.encoder} were learned; its weights are under "
            f"{LICENCE if recipe.teacher.encoder in PACKAGES else 'the terms of its hub page'}."
        )
    if recipe.network.start_from:
        earlier = _earlier(Path(recipe.network.start_from))
        notes.append(f"Started from a run of {earlier.name}: {earlier.description}.")
        notes += _starts(earlier)
    kind, _, rest = str(recipe.network.options.get("backbone", "")).partition(":")
    if kind == "lite":
        notes.append(f"Reads words through a frozen sentence encoder under {minilm.LICENCE}.")
        if rest:
            earlier = _earlier(Path(rest))
            notes.append(f"Sees through the frozen encoder of a run of {earlier.name}.")
            notes += _starts(earlier)
        else:
            notes.append(f"Sees through a frozen encoder under {LICENCE}.")
    return notes


def _earlier(run: Path) -> Recipe:
    path = run / RUN
    if not path.is_file():
        raise BadData(
            f"{path}: is gone, and with it where the weights start from; put it back to export"
        )
    return Recipe.model_validate(json.loads(path.read_text("utf-8"))["recipe"])


def _headline(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
        chosen: dict[str, Any] = {
            key: content[key] for key in ("headline", "metrics", "baselines") if key in content
        }
    except (OSError, ValueError) as error:
        raise BadData(f"{path}: no metrics.json that can be read ({error})") from error
    return chosen


def _card(description: Description, worst: float) -> str:
    training = description.training
    lines = [
        f"# {description.name} {description.version}",
        "",
        f"**{NOTICE}**",
        "",
        f"Task: {description.task}. Input: one grey picture, letterboxed to "
        f"{description.input.height} × {description.input.width}; normalisation and everything "
        "after it is inside the graph.",
        "",
        "## Training",
        "",
        f"- Recipe `{training.recipe}`, seed {training.seed}",
        f"- {training.images} images of {training.groups} patient groups ({training.data})",
        f"- Terms of the data: {training.licence}",
        *(f"- {note}" for note in training.notes),
        f"- Largest difference between the exported graph and torch on real frames: {worst:.1e}",
        "",
        "## Figures",
        "",
    ]
    figures = list(_figures(description.metrics))
    if figures:
        lines += ["| figure | value | 95 % interval |", "|---|---|---|", *figures]
    else:
        lines.append("None measured.")
    lines += [
        "",
        "## Use",
        "",
        f"Threshold {description.threshold:.3g}; calibration: {description.calibration.method}.",
        "",
    ]
    if description.meaning:
        lines += [f"The probability means: {description.meaning}.", ""]
    return "\n".join(lines)


def _figures(metrics: dict[str, Any], prefix: str = "") -> Sequence[str]:
    rows: list[str] = []
    for name, value in metrics.items():
        label = f"{prefix} {name}".strip()
        if not isinstance(value, dict):
            continue
        if isinstance(value.get("value"), float) and "low" in value:
            low, high = value["low"], value["high"]
            interval = "" if low is None else f"{low:.3f} … {high:.3f}"
            rows.append(f"| {label} | {value['value']:.3f} | {interval} |")
        else:
            rows += _figures(value, label)
    return rows
