"""A module of torch as an ONNX graph."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from onnxscript import optimizer
from torch import Tensor, nn

_OPSET = 18


def to_graph(
    module: nn.Module,
    inputs: Mapping[str, Tensor],
    sizes: Sequence[dict[int, Any]],
    outputs: Sequence[str],
) -> Any:
    """Export a module.

    Args:
        module: in evaluation.
        inputs: an example of each argument, by the name that it gets.
        sizes: of each argument the dimensions that may vary, as ``torch.export.Dim``.
        outputs: names of what it returns.

    Returns:
        The ONNX ``ModelProto``, without what the exporter notes about its source: paths of the
        machine, a megabyte.
    """
    with warnings.catch_warnings():
        # The exporter warns about its own and its dependencies' deprecations.
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            module,
            tuple(inputs.values()),
            dynamo=True,
            verbose=False,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=tuple(sizes),
            opset_version=_OPSET,
            optimize=False,
        )
        assert program is not None
        # Constants alone: were norms folded into convolutions, as the exporter's own optimisation
        # does, float16 could no longer hold the products. The runtime folds them when it loads.
        optimizer.inline(program.model)
        optimizer.fold_constants(program.model)
        optimizer.remove_unused_nodes(program.model)
    model = program.model_proto
    graph = model.graph
    for part in (graph, *graph.node, *graph.value_info, *graph.input, *graph.output):
        part.ClearField("metadata_props")
    return model
