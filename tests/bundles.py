"""Tiny deterministic bundles, built node by node: no training, no torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from nodulens.runtime.bundle import (
    CARD,
    MODEL,
    Bundle,
    Description,
    Input,
    Postprocessing,
    Region,
    Training,
    seal_bundle,
)

SIZE = (64, 80)
"""Height and width of both networks' input."""


def segmenter_bundle(
    folder: Path,
    name: str = "bright-blobs",
    level: float = 0.6,
    blurs: int = 1,
    size: tuple[int, int] = SIZE,
) -> Bundle:
    """Make a bundle that takes for nodule what is brighter than ``level`` after blurring.

    Args:
        folder: to be made.
        level: share of full white.
        blurs: number of 5×5 means in a row; thousands make it slow.
        size: of the input.
    """
    nodes = []
    last = "grey"
    for number in range(blurs):
        nodes.append(
            helper.make_node(
                "AveragePool", [last], [f"blur{number}"], kernel_shape=[5, 5], pads=[2, 2, 2, 2]
            )
        )
        last = f"blur{number}"
    nodes += [
        helper.make_node("Sub", [last, "level"], ["above"]),
        helper.make_node("Mul", ["above", "gain"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["probability"]),
    ]
    constants = {"full": 255.0, "level": level, "gain": 20.0}
    description = Description(
        name=name,
        version="1.0",
        task="segmentation",
        input=Input(height=size[0], width=size[1]),
        postprocessing=Postprocessing(minimum_share=0.002),
        training=Training(data="none; built by hand for tests", licence="Apache-2.0"),
    )
    return _build(folder, description, nodes, constants, ["batch", 1, *size])


def classifier_bundle(
    folder: Path, name: str = "mean-brightness", size: tuple[int, int] = SIZE
) -> Bundle:
    """Make a bundle that calls bright regions suspicious."""
    nodes = [
        helper.make_node("ReduceMean", ["grey"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Sub", ["mean", "level"], ["above"]),
        helper.make_node("Mul", ["above", "gain"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["suspicious"]),
        helper.make_node("Sub", ["one", "suspicious"], ["benign"]),
        helper.make_node("Concat", ["benign", "suspicious"], ["probability"], axis=1),
    ]
    constants = {"full": 255.0, "level": 0.4, "gain": 10.0, "one": 1.0}
    description = Description(
        name=name,
        version="1.0",
        task="classification",
        input=Input(height=size[0], width=size[1]),
        labels=["benign", "suspicious"],
        meaning="the region is brighter than 40 % grey",
        region=Region(margin=0.1, minimum=16),
        training=Training(data="none; built by hand for tests", licence="Apache-2.0"),
    )
    return _build(folder, description, nodes, constants, ["batch", 2])


def _build(
    folder: Path,
    description: Description,
    nodes: list[onnx.NodeProto],
    constants: dict[str, float],
    answer: list[int | str],
) -> Bundle:
    size = (description.input.height, description.input.width)
    nodes = [
        helper.make_node("Cast", ["pixels"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["values", "full"], ["grey"]),
        *nodes,
    ]
    graph = helper.make_graph(
        nodes,
        description.name,
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", 1, *size])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, answer)],
        [numpy_helper.from_array(np.float32(value), key) for key, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    folder.mkdir(parents=True)
    (folder / MODEL).write_bytes(model.SerializeToString())
    (folder / CARD).write_text(f"# {description.name}\n\nBuilt by hand for tests.\n", "utf-8")
    return seal_bundle(folder, description)
