from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from nodulens.training.onnx_graph import to_graph

pytestmark = pytest.mark.train


class Sum(nn.Module):
    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return x + 2 * y


def test_a_graph_has_the_names_and_free_sizes_and_no_traces() -> None:
    batch = torch.export.Dim("batch", max=8)
    example = {"first": torch.zeros(2, 3), "second": torch.ones(2, 3)}
    model = to_graph(Sum().eval(), example, [{0: batch}, {0: batch}], ["sum"])
    session = onnxruntime.InferenceSession(model.SerializeToString())
    feed = {
        name: np.full((5, 3), value, np.float32) for name, value in (("first", 1), ("second", 3))
    }
    (answer,) = session.run(["sum"], feed)
    assert answer.shape == (5, 3)
    assert (answer == 7).all()
    graph = model.graph
    assert not any(part.metadata_props for part in (graph, *graph.node, *graph.value_info))
