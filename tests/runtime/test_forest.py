from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from nodulens.errors import BadData, NodulensError
from nodulens.runtime.forest import OnnxForest


def graph(width: int = 3, outputs: tuple[str, ...] = ("probability", "margin")) -> bytes:
    """A graph that gives its features back, as many times as it has outputs."""
    nodes = [helper.make_node("Identity", ["features"], [name]) for name in outputs]
    given = helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, width])
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, width]) for name in outputs
    ]
    model = helper.make_model(
        helper.make_graph(nodes, "test", [given], values),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=10,
    )
    return bytes(model.SerializeToString())


def test_each_output_is_given_by_name() -> None:
    forest = OnnxForest(Path("f.onnx"), graph(), ["a", "b", "c"], ["margin"])
    told = np.asarray([[0.2, 0.3, 0.5], [0, 0, 1]], np.float32)
    said = forest(told)
    assert said.keys() == {"probability", "margin"}
    assert np.array_equal(said["margin"], told)


@pytest.mark.parametrize(
    ("content", "names", "attributes"),
    [(graph(), ["a", "b"], ["margin"]), (graph(), ["a", "b", "c"], ["foci"]),
     (b"no graph", ["a"], [])],
)  # fmt: skip
def test_a_graph_of_another_kind_is_refused(
    content: bytes, names: list[str], attributes: list[str]
) -> None:
    with pytest.raises(BadData, match=r"^f\.onnx: "):
        OnnxForest(Path("f.onnx"), content, names, attributes)


@pytest.mark.parametrize("wrong", [np.nan, 1.5, -0.1])
def test_answers_that_are_no_probabilities_are_no_answers(wrong: float) -> None:
    forest = OnnxForest(Path("f.onnx"), graph(), ["a", "b", "c"])
    with pytest.raises(NodulensError, match="no probabilities"):
        forest(np.asarray([[0.5, 0.2, wrong]], np.float32))
