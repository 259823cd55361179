"""A deployed network as the graph of a bundle, and the proof that both say the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nodulens.data.manifest import Row
from nodulens.data.pairs import read_frame
from nodulens.models.deploy_guided import DeployedGuided
from nodulens.runtime.bundle import Bundle
from nodulens.runtime.preprocess import Letterbox
from nodulens.runtime.session import OnnxModel
from nodulens.runtime.text_encoder import Words
from nodulens.training.export_words import wants_knowledge
from nodulens.training.onnx_graph import to_graph

_PARITY_FRAMES = 12
_SMALL = 256
"""Weights fewer than that stay in float32."""


def network_graph(module: torch.nn.Module, size: tuple[int, int]) -> bytes:
    """Return a deployed network as a bundle's graph, its large weights in float16.

    Args:
        module: one of :mod:`nodulens.models.deploy`, its weights rounded.
        size: height and width of its input.
    """
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


def round_weights_to_half(module: torch.nn.Module) -> None:
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


def largest_difference(
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
