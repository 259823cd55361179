"""Forests of scikit-learn as one ONNX graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_OPSET = 18


def to_graph(
    forests: Mapping[str, Any], classes: Sequence[str], counts: Mapping[str, int], balance: bool
) -> bytes:
    """Write forests that see the same features as one graph.

    Args:
        forests: output to a fitted ``RandomForestClassifier``. ``probability`` is that of the
            label; the others are of attributes.
        classes: of the label, in the order of the output.
        counts: of each class in training.
        balance: the label's forest learned from classes weighed alike; the share of each is put
            back into its answers.

    Returns:
        The graph: ``features``, float32 (B, F), to each output, float32 (B, values), the values of
        an attribute in alphabetical order.
    """
    from onnx import TensorProto, compose, helper, numpy_helper
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    width = next(iter(forests.values())).n_features_in_
    graph: Any = None
    for name, forest in forests.items():
        part = to_onnx(
            forest,
            initial_types=[("features", FloatTensorType([None, width]))],
            options={id(forest): {"zipmap": False, "output_class_labels": False}},
            target_opset={"": _OPSET, "ai.onnx.ml": 3},
        )
        # Names of the libraries' own are alike in every part; the input is meant to be.
        prefixed = compose.add_prefix(part, f"{name}/", rename_inputs=False)
        for node in prefixed.graph.node:
            for place, one in enumerate(node.input):
                if one == f"{name}/features":
                    node.input[place] = "features"
        graph = _added(graph, prefixed)
    nodes = list(graph.graph.node)
    tensors = list(graph.graph.initializer)
    outputs = []
    for name, forest in forests.items():
        found = f"{name}/probabilities"
        size = len(forest.classes_)
        if name == "probability":
            order = np.asarray([list(forest.classes_).index(one) for one in classes])
            tensors.append(numpy_helper.from_array(order, "order"))
            nodes.append(helper.make_node("Gather", [found, "order"], ["in order"], axis=1))
            share = np.asarray([counts[one] for one in classes], np.float32)
            weight = share / share.sum() if balance else np.ones(size, np.float32)
            tensors.append(numpy_helper.from_array(weight.astype(np.float32), "shares"))
            nodes.append(helper.make_node("Mul", ["in order", "shares"], ["weighed"]))
            tensors.append(numpy_helper.from_array(np.asarray([1], np.int64), "axis"))
            nodes.append(helper.make_node("ReduceSum", ["weighed", "axis"], ["total"], keepdims=1))
            nodes.append(helper.make_node("Div", ["weighed", "total"], [name]))
        else:
            nodes.append(helper.make_node("Identity", [found], [name]))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, size]))
    given = helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, width])
    model = helper.make_model(
        helper.make_graph(nodes, "forest", [given], outputs, tensors),
        opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid("ai.onnx.ml", 3)],
        ir_version=10,
    )
    return bytes(model.SerializeToString())


def _added(graph: Any, part: Any) -> Any:
    """Lay the nodes of a part beside those of a graph."""
    if graph is None:
        return part
    graph.graph.node.extend(part.graph.node)
    graph.graph.initializer.extend(part.graph.initializer)
    return graph
