from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from nodulens.errors import BadData, NodulensError
from nodulens.runtime.bundle import Stack, load_bundle
from nodulens.training import export_classifier as module
from nodulens.training.export_classifier import export_classifier

pytestmark = pytest.mark.train


def test_the_final_system_is_one_bundle(
    cascade: tuple[Path, dict[str, Any]], three_folds: Path, tmp_path: Path
) -> None:
    out, record = cascade
    both = tmp_path / "both"
    worst = export_classifier(
        out, "fusion", tmp_path / "both", three_folds, name="both", version="1"
    )
    assert worst < 1e-4
    description = load_bundle(both).description
    assert description.parts == ["network", "forest"]
    assert description.stack == Stack.model_validate(record["final"]["fusion"]["stack"])
    limits = record["final"]["fusion"]["deferral"]["limits"]
    assert (description.deferral is None) == (None in limits.values())
    assert "drawn-outlines" in description.metrics
    card = (both / "MODEL_CARD.md").read_text("utf-8")
    assert "features of the outlined nodule" in card
    assert ("Defers" in card) == (description.deferral is not None)
    export_classifier(out, "forest", both, three_folds, name="alone", version="1")
    alone = load_bundle(both)
    assert alone.description.input is None
    assert sorted(alone.description.files) == ["MODEL_CARD.md", "forest.onnx"]


def test_a_system_that_is_not_there_is_refused(
    cascade: tuple[Path, dict[str, Any]], three_folds: Path, tmp_path: Path
) -> None:
    out, _ = cascade
    with pytest.raises(BadData, match="has no system nobody"):
        export_classifier(out, "nobody", tmp_path / "x", three_folds, name="x", version="1")


def test_parts_must_have_learned_from_all_folds(
    cascade: tuple[Path, dict[str, Any]], three_folds: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(cascade[0], tmp_path / "out")
    shutil.rmtree(copy / "forest" / "all")
    with pytest.raises(BadData, match="--final"):
        export_classifier(copy, "forest", tmp_path / "x", three_folds, name="x", version="1")


def test_a_bundle_that_says_something_else_is_not_written(
    cascade: tuple[Path, dict[str, Any]],
    three_folds: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PARITY", -1.0)
    with pytest.raises(NodulensError, match="nothing was written"):
        export_classifier(cascade[0], "forest", tmp_path / "x", three_folds, name="x", version="1")
    assert not (tmp_path / "x").exists()
