from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from nodulens.errors import BadData, NodulensError
from nodulens.runtime.bundle import MODEL, Description, load_bundle, seal_bundle
from nodulens.runtime.session import OnnxClassifier, OnnxModel, OnnxSegmenter


def test_a_segmenter_answers_each_view_at_its_own_size(bundle_store: Path) -> None:
    segmenter = OnnxSegmenter(load_bundle(bundle_store / "bright-blobs"))
    view = np.zeros((90, 200), np.uint8)
    view[20:70, 40:120] = 255
    small, large = segmenter([view[:50, :60], view])
    assert small.shape == (50, 60)
    assert large.shape == (90, 200)
    assert large.dtype == np.float32
    assert large[45, 80] > 0.99
    assert large[5, 180] < 0.01
    assert np.array_equal(segmenter([view])[0], large)


def test_a_classifier_answers_each_region(bundle_store: Path) -> None:
    classifier = OnnxClassifier(load_bundle(bundle_store / "mean-brightness"))
    dark, bright = classifier([np.zeros((30, 30), np.uint8), np.full((50, 60), 255, np.uint8)])
    assert dark.shape == (2,)
    assert dark.sum() == pytest.approx(1)
    assert dark[1] < 0.05 < 0.95 < bright[1]


def test_a_bundle_of_the_other_task_is_refused(bundle_store: Path) -> None:
    with pytest.raises(BadData, match="bright-blobs: a model for segmentation"):
        OnnxClassifier(load_bundle(bundle_store / "bright-blobs"))
    with pytest.raises(BadData, match="mean-brightness: a model for classification"):
        OnnxSegmenter(load_bundle(bundle_store / "mean-brightness"))


def test_a_graph_that_is_none_is_refused(bundle_store: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(bundle_store / "bright-blobs", tmp_path / "b")
    (folder / MODEL).write_bytes(b"not a graph")
    bundle = seal_bundle(folder, load_bundle(bundle_store / "bright-blobs").description)
    with pytest.raises(BadData, match=r"model\.onnx: cannot be loaded"):
        OnnxModel(bundle)


def test_a_graph_of_another_size_than_described_is_refused(
    bundle_store: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(bundle_store / "bright-blobs", tmp_path / "b")
    description = load_bundle(folder).description.model_dump()
    description["input"]["width"] = 96
    bundle = seal_bundle(folder, Description.model_validate(description))
    with pytest.raises(BadData, match=r"takes pixels, uint8 \(B, 1, 64, 96\)"):
        OnnxSegmenter(bundle)


def test_numbers_that_are_no_probabilities_are_not_passed_on(tmp_path: Path) -> None:
    bundles = pytest.importorskip("tests.bundles", exc_type=ImportError)
    broken = bundles.segmenter_bundle(tmp_path / "broken", level=float("nan"))
    with pytest.raises(NodulensError, match="no probabilities"):
        OnnxSegmenter(broken)([np.zeros((20, 20), np.uint8)])
