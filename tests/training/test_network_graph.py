from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from nodulens.data.manifest import read_manifest
from nodulens.runtime.bundle import MODEL, Description, Input, Region, Training, seal_bundle
from nodulens.training.network_graph import (
    largest_difference,
    network_graph,
    round_weights_to_half,
)

pytestmark = pytest.mark.train

SIZE = (64, 64)


def test_the_graph_says_what_the_rounded_network_says(phantoms: Path, tmp_path: Path) -> None:
    import torch

    from nodulens.models.deploy import DeployedClassifier
    from nodulens.models.registry import create_model, default_config

    torch.manual_seed(0)
    network = create_model("resnet18", labels=2)
    module = DeployedClassifier(network, default_config("resnet18"), flip=True, labels=2).eval()
    round_weights_to_half(module)
    (tmp_path / MODEL).write_bytes(network_graph(module, SIZE))
    description = Description(
        name="tiny",
        version="1",
        task="classification",
        input=Input(height=SIZE[0], width=SIZE[1]),
        labels=["benign", "suspicious"],
        meaning="nothing",
        region=Region(),
        training=Training(data="none", licence="Apache-2.0"),
    )
    bundle = seal_bundle(tmp_path, description)
    rows = read_manifest(phantoms)
    assert largest_difference(module, bundle, phantoms, rows) < 1e-5
    with torch.no_grad():
        network.get_parameter("network.fc.bias")[0] += 1
    assert largest_difference(module, bundle, phantoms, rows) > 1e-2


def test_large_weights_are_halved_and_small_ones_exact() -> None:
    import torch

    from nodulens.models.deploy import DeployedClassifier
    from nodulens.models.registry import create_model, default_config

    network = create_model("resnet18", labels=2)
    module = DeployedClassifier(network, default_config("resnet18"), flip=False, labels=2).eval()
    round_weights_to_half(module)
    graph = onnx.load_from_string(network_graph(module, SIZE)).graph
    sizes = {
        kind: sum(int(np.prod(t.dims)) for t in graph.initializer if t.data_type == kind)
        for kind in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    }
    assert sizes[onnx.TensorProto.FLOAT16] > 20 * sizes[onnx.TensorProto.FLOAT]
    assert isinstance(network.get_parameter("network.fc.bias"), torch.Tensor)
