from __future__ import annotations

from pathlib import Path

import pytest

from nodulens.errors import BadData
from nodulens.runtime.bundle import load_bundle
from nodulens.runtime.graph import interface_of, load_graph, takes


def test_what_a_graph_takes_is_compared_and_said(bundle_store: Path) -> None:
    bundle = load_bundle(bundle_store / "bright-blobs")
    session = load_graph(bundle.folder / "model.onnx", bundle.read("model.onnx"))
    assert takes(session, {"pixels": ("uint8", (None, 1, 64, 80))})
    assert not takes(session, {"pixels": ("float", (None, 1, 64, 80))})
    assert not takes(session, {"pixels": ("uint8", (None, 1, 64, 81))})
    assert not takes(session, {"pixels": ("uint8", (None, 1, 64))})
    assert not takes(session, {"picture": ("uint8", (None, 1, 64, 80))})
    assert not takes(session, {})
    assert interface_of(session) == (
        "takes pixels uint8 ('batch', 1, 64, 80) and gives probability"
    )


def test_what_is_no_graph_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"text\.onnx: cannot be loaded"):
        load_graph(tmp_path / "text.onnx", b"not a graph")
